# Finds LibTorch without asking for a CUDA toolkit: we compile no CUDA, so only headers and shared
# libraries are needed, whether they come from a CPU wheel, a CUDA wheel, the archive or a package.
#
# Looks in Torch_DIR (…/share/cmake/Torch), LibTorch_ROOT, CMAKE_PREFIX_PATH.
# Gives: target LibTorch::LibTorch, LibTorch_VERSION, LibTorch_HAS_CUDA, LibTorch_ROOT_DIR.

set(_libtorch_hints ${LibTorch_ROOT} $ENV{LibTorch_ROOT})
if(Torch_DIR)
    list(APPEND _libtorch_hints "${Torch_DIR}/../../..")
endif()

find_path(LibTorch_INCLUDE_DIR ATen/core/Tensor.h HINTS ${_libtorch_hints} PATH_SUFFIXES include)
foreach(_lib torch torch_cpu c10)
    find_library(LibTorch_${_lib}_LIBRARY ${_lib} HINTS ${_libtorch_hints} PATH_SUFFIXES lib)
endforeach()
foreach(_lib torch_cuda c10_cuda)
    find_library(LibTorch_${_lib}_LIBRARY ${_lib} HINTS ${_libtorch_hints} PATH_SUFFIXES lib)
    mark_as_advanced(LibTorch_${_lib}_LIBRARY)
endforeach()

foreach(_header torch/headeronly/version.h torch/version.h torch/csrc/api/include/torch/version.h)
    if(LibTorch_INCLUDE_DIR AND EXISTS "${LibTorch_INCLUDE_DIR}/${_header}")
        file(STRINGS "${LibTorch_INCLUDE_DIR}/${_header}" _lines REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
        set(_version "")
        foreach(_line ${_lines})
            string(REGEX MATCH "[0-9]+" _number "${_line}")
            list(APPEND _version ${_number})
        endforeach()
        if(_version)
            list(JOIN _version "." LibTorch_VERSION)
            break()
        endif()
    endif()
endforeach()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
    LibTorch
    REQUIRED_VARS LibTorch_torch_LIBRARY LibTorch_torch_cpu_LIBRARY LibTorch_c10_LIBRARY LibTorch_INCLUDE_DIR
    VERSION_VAR LibTorch_VERSION)

if(LibTorch_FOUND AND NOT TARGET LibTorch::LibTorch)
    get_filename_component(LibTorch_LIBRARY_DIR "${LibTorch_torch_LIBRARY}" DIRECTORY)
    get_filename_component(LibTorch_ROOT_DIR "${LibTorch_LIBRARY_DIR}" DIRECTORY)

    add_library(LibTorch::LibTorch INTERFACE IMPORTED)
    target_include_directories(
        LibTorch::LibTorch SYSTEM INTERFACE
        "${LibTorch_INCLUDE_DIR}" "${LibTorch_INCLUDE_DIR}/torch/csrc/api/include")
    set(_libs "${LibTorch_torch_LIBRARY}" "${LibTorch_torch_cpu_LIBRARY}" "${LibTorch_c10_LIBRARY}")

    set(LibTorch_HAS_CUDA FALSE)
    if(LibTorch_torch_cuda_LIBRARY AND LibTorch_c10_cuda_LIBRARY)
        set(LibTorch_HAS_CUDA TRUE)
        list(APPEND _libs "${LibTorch_torch_cuda_LIBRARY}" "${LibTorch_c10_cuda_LIBRARY}")
    endif()
    # libtorch_cuda registers its kernels when it is loaded; nothing in our objects names a symbol of
    # it, so the linker must be told to keep it.
    target_link_libraries(
        LibTorch::LibTorch INTERFACE -Wl,--push-state,--no-as-needed ${_libs} -Wl,--pop-state)

    # The wheel's CUDA libraries live in sibling packages (nvidia/*/lib); they are found at run time
    # through libtorch's own rpath, at link time through these directories.
    file(GLOB _nvidia_dirs "${LibTorch_ROOT_DIR}/../nvidia/*/lib")
    foreach(_dir ${_nvidia_dirs})
        target_link_options(LibTorch::LibTorch INTERFACE "-Wl,-rpath-link,${_dir}")
    endforeach()

    # Wheels up to 2.6 used the old std::string ABI. An undefined symbol that mentions __cxx11 in
    # libc10 tells which; newer ones are always the new ABI.
    if(LibTorch_VERSION VERSION_LESS 2.7)
        file(STRINGS "${LibTorch_c10_LIBRARY}" _abi REGEX "_ZN3c105ErrorC[12].*__cxx11" LIMIT_COUNT 1)
        if(_abi)
            set(_abi_value 1)
        else()
            set(_abi_value 0)
        endif()
        target_compile_definitions(LibTorch::LibTorch INTERFACE _GLIBCXX_USE_CXX11_ABI=${_abi_value})
    endif()
endif()
mark_as_advanced(LibTorch_INCLUDE_DIR LibTorch_torch_LIBRARY LibTorch_torch_cpu_LIBRARY LibTorch_c10_LIBRARY)
