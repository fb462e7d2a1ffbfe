"""Ctrl+C for a program that works on a sample set, in the middle of it."""

import signal
import subprocess
import time


def interrupted_after_a_result(command, out):
    """(exit code, stdout, stderr) of the command, sent SIGINT once the first result is in the folder `out`."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    results = out / "results.jsonl"
    until = time.monotonic() + 200
    while time.monotonic() < until and process.poll() is None:
        if results.exists() and results.stat().st_size > 0:
            break
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    printed, messages = process.communicate(timeout=100)
    return process.returncode, printed, messages
