"""How the scripts report: one line per call."""
import os
import sys
import traceback

failed = False


def call(what, work, *, refused=None):
    """Runs one call. `refused` is a part of the message with which Weir says no on purpose."""
    global failed
    try:
        result = work()
    except Exception as error:  # noqa: BLE001
        if refused is not None and refused in f"{type(error).__name__} {error}":
            print(f"refused {what}: {refused}")
            return None
        failed = True
        print(f"FAIL {what}: {type(error).__name__}: {str(error)[:300]!r}")
        traceback.print_exc(file=sys.stderr)
        return None
    if refused is not None:
        failed = True
        print(f"FAIL {what}: it was not refused")
        return None
    print(f"ok {what}")
    return result


def must(condition, what):
    if not condition:
        raise AssertionError(what)


def env(name):
    return os.environ[name]


def end():
    sys.exit(1 if failed else 0)
