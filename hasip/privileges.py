"""Privileges: binding to an interface and what a refusal means, and becoming another user with no more than that takes.

Only Linux before 5.7 wants CAP_NET_RAW of who binds a fresh socket to an interface. Sockets are made for as long as a node runs, since zones come by reload and
interfaces are made anew. So the kernel is asked, once we are another user: where it refuses, that one capability is kept, and else none.
"""
import ctypes
import os
import pwd
import socket
from pathlib import Path

CAP_NET_RAW = 13
PR_SET_KEEPCAPS = 8
CAPABILITY_VERSION_3 = 0x20080522

MISSING = ("CAP_NET_RAW is missing, which Linux before 5.7 wants for `interface`: give it by AmbientCapabilities=CAP_NET_RAW in the systemd unit, "
           "or by `setcap cap_net_raw+ep` to the Python that runs hasip")

libc = ctypes.CDLL(None, use_errno=True)


def bind_to_interface(unbound: socket.socket, interface: str) -> None:
    """Let nothing leave or come in but by this interface, when one is given. Errors: OSError; PermissionError says what is missing, and who gives it."""
    if not interface:
        return
    try:
        unbound.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
    except PermissionError as error:
        raise PermissionError(error.errno, f"{error.strerror}: {MISSING}") from None


def drop_privileges(user: str, state_dir: Path) -> None:
    """Become another user, if one is named, who owns state_dir from now on. Errors: KeyError for an unknown user, OSError when we may not.

    Threads: the capability, where it has to be kept, is kept by this thread and those it starts.
    """
    if not user:
        return
    entry = pwd.getpwnam(user)
    for path in (state_dir, *state_dir.iterdir()):
        os.chown(path, entry.pw_uid, entry.pw_gid)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    check(libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
    os.setuid(entry.pw_uid)
    set_capabilities(0 if may_bind_to_interfaces() else 1 << CAP_NET_RAW)


def may_bind_to_interfaces() -> bool:
    """True when a fresh socket may be bound to an interface with what we have now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as fresh:
        try:
            bind_to_interface(fresh, "lo")
        except PermissionError:
            return False
        except OSError:             # no such interface: the permission was looked at before
            return True
    return True


def set_capabilities(wanted: int) -> None:
    """Have these capabilities, a bit each, and no others. Errors: OSError. Source: capset(2)."""
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)(wanted, wanted, 0, 0, 0, 0)       # effective, permitted, inheritable: the lower 32, then the others
    check(libc.capset(header, sets))


def check(outcome: int) -> None:
    if outcome:
        number = ctypes.get_errno()
        raise OSError(number, f"privileges can't be given up: {os.strerror(number)}")
