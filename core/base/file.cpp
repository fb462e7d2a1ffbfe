#include "core/base/file.h"

#include "core/base/descriptor.h"
#include "core/base/text.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace prunescope {

namespace {

std::string reason(int error) {
    return std::strerror(error);
}

std::string kindOf(mode_t mode) {
    if (S_ISDIR(mode)) {
        return "is a folder";
    }
    if (S_ISFIFO(mode)) {
        return "is a pipe";
    }
    return "is a device or socket";
}

[[noreturn]] void failWrite(const std::filesystem::path& path, int error) {
    throw Error(ErrorCode::Failure,
                "Cannot write " + inQuotes(path.string()) + ": " + reason(error));
}

bool writeAll(int fd, std::string_view contents) {
    while (!contents.empty()) {
        const ssize_t n = ::write(fd, contents.data(), contents.size());
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        contents.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

/// The permissions the old file had, or those a new file gets.
mode_t permissionsFor(const std::filesystem::path& path) {
    struct stat info {};

    if (::stat(path.c_str(), &info) == 0) {
        return info.st_mode & 07777;
    }
    return 0644;
}

/// The entry in the folder reaches the disk too; a file system that cannot do that is no error.
void syncFolder(const std::filesystem::path& folder) {
    const Descriptor dir(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (dir.get() >= 0) {
        ::fsync(dir.get());
    }
}

}  // namespace

std::vector<std::uint8_t> readFile(const std::filesystem::path& path,
                                   std::uint64_t max_bytes,
                                   ErrorCode code) {
    const std::string name = inQuotes(path.string());
    // Without O_NONBLOCK opening a pipe waits for its other end.
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    if (file.get() < 0) {
        throw Error(code, "Cannot open " + name + ": " + reason(errno));
    }

    struct stat info {};

    if (::fstat(file.get(), &info) != 0) {
        throw Error(code, "Cannot read " + name + ": " + reason(errno));
    }
    if (!S_ISREG(info.st_mode)) {
        throw Error(code, name + " " + kindOf(info.st_mode) + ", not a file");
    }
    const auto size = static_cast<std::uint64_t>(info.st_size);
    if (size > max_bytes) {
        throw Error(
            code,
            name + " has " + humanBytes(size) + "; at most " + humanBytes(max_bytes) + " are read");
    }
    std::vector<std::uint8_t> bytes(size);
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t n = ::read(file.get(), bytes.data() + done, bytes.size() - done);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            throw Error(code, "Cannot read " + name + ": " + reason(errno));
        }
        if (n == 0) {
            break;  // somebody shortened it meanwhile: what is left gets judged by its reader
        }
        done += static_cast<std::size_t>(n);
    }
    bytes.resize(done);
    return bytes;
}

void writeFileAtomically(const std::filesystem::path& path, std::string_view contents) {
    std::error_code ignored;
    // A link stays a link: the file behind it is replaced.
    const std::filesystem::path target = std::filesystem::is_symlink(path, ignored)
                                             ? std::filesystem::weakly_canonical(path, ignored)
                                             : path;
    if (target.empty() || std::filesystem::is_directory(target, ignored)) {
        failWrite(path, target.empty() ? ENOENT : EISDIR);
    }
    const std::filesystem::path folder = target.has_parent_path() ? target.parent_path() : ".";
    // Not derived from the name: that may already be as long as the file system allows.
    std::string temporary = (folder / ".prunescope-XXXXXX").string();
    const mode_t mode = permissionsFor(target);
    Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
    if (file.get() < 0) {
        failWrite(path, errno);
    }
    if (!writeAll(file.get(), contents) || ::fchmod(file.get(), mode) != 0 ||
        ::fsync(file.get()) != 0 || !file.close() ||
        ::rename(temporary.c_str(), target.c_str()) != 0) {
        const int error = errno;
        ::unlink(temporary.c_str());
        failWrite(path, error);
    }
    syncFolder(folder);
}

}  // namespace prunescope
