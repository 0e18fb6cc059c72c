/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOSTILE_ESCAPES_H
#define HOSTILE_ESCAPES_H

/*
 * Ways out of a worker: what the plugin escapes tries and test_escapes holds it against. Each is
 * one call of the system; WAY(name, early, number, arguments...) with early what it comes to while
 * the library is loaded and while the plugin starts: an errno, or 0 where it is allowed until the
 * seal and not tried before. On a frame each is the end of the worker. Arguments are such that
 * nothing is hurt where nothing stops them; then they also come to something else than the errno
 * here.
 */
#define ESCAPES_REPORT 255  /* second pixel: tell what came of the early ones */
#define ESCAPES_ATTEMPT 254 /* second pixel: try the one whose number the first pixel is */

/* clang-format off */
#define ESCAPES_FILES(WAY) \
	WAY("read a file of the system", EACCES, SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY) \
	WAY("read one another way", EACCES, SYS_openat, AT_FDCWD, "/etc/hostname", O_RDONLY) \
	WAY("read its own memory as a file", EACCES, SYS_openat, AT_FDCWD, "/proc/self/mem", O_RDONLY) \
	WAY("read its own map", EACCES, SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY) \
	WAY("read chance", EACCES, SYS_openat, AT_FDCWD, "/dev/urandom", O_RDONLY) \
	WAY("write to nowhere", EACCES, SYS_openat, AT_FDCWD, "/dev/null", O_WRONLY) \
	WAY("open a terminal", EACCES, SYS_openat, AT_FDCWD, "/dev/tty", O_RDWR) \
	WAY("list the root folder", EACCES, SYS_openat, AT_FDCWD, "/", O_RDONLY | O_DIRECTORY) \
	WAY("make a file", EACCES, SYS_openat, AT_FDCWD, "/tmp/postern-escaped", O_WRONLY | O_CREAT | O_EXCL, 0600) \
	WAY("make a file without a name", EACCES, SYS_openat, AT_FDCWD, "/tmp", O_RDWR | O_TMPFILE, 0600) \
	WAY("make a folder", EACCES, SYS_mkdirat, AT_FDCWD, "/tmp/postern-escaped", 0700) \
	WAY("make a link", EACCES, SYS_symlinkat, "x", AT_FDCWD, "/tmp/postern-escaped") \
	WAY("make a pipe with a name", EACCES, SYS_mknodat, AT_FDCWD, "/tmp/postern-escaped", S_IFIFO | 0600, 0) \
	WAY("remove a file", EACCES, SYS_unlinkat, AT_FDCWD, "/proc/version", 0) \
	WAY("remove a folder", EACCES, SYS_unlinkat, AT_FDCWD, "/etc/apt", AT_REMOVEDIR) \
	WAY("cut a file", EPERM, SYS_truncate, "/etc/postern-none", 0) \
	WAY("change a mode", EPERM, SYS_fchmodat, AT_FDCWD, "/etc/postern-none", 0777) \
	WAY("change an owner", EPERM, SYS_fchownat, AT_FDCWD, "/etc/postern-none", 1, 1, 0) \
	WAY("change a time", EPERM, SYS_utimensat, AT_FDCWD, "/etc/postern-none", NULL, 0) \
	WAY("set an attribute", EPERM, SYS_setxattr, "/etc/postern-none", "user.x", "x", 1, 0) \
	WAY("watch a folder", EPERM, SYS_inotify_init1, 0) \
	WAY("watch a file system", EPERM, SYS_fanotify_init, 0, 0) \
	WAY("take a handle of a file", EPERM, SYS_name_to_handle_at, AT_FDCWD, "/", NULL, NULL, 0) \
	WAY("open a file by its handle", EPERM, SYS_open_by_handle_at, AT_FDCWD, NULL, 0) \
	WAY("lock a file", EPERM, SYS_flock, 4, 8) \
	WAY("look at a file", 0, SYS_newfstatat, AT_FDCWD, "/etc/passwd", NULL, 0) \
	WAY("go elsewhere", 0, SYS_chdir, "/tmp") \
	WAY("make a file in memory", 0, SYS_memfd_create, "x", 0)

#define ESCAPES_NETWORK(WAY) \
	WAY("a socket of the internet", EPERM, SYS_socket, AF_INET, SOCK_STREAM, 0) \
	WAY("a datagram socket", EPERM, SYS_socket, AF_INET6, SOCK_DGRAM, 0) \
	WAY("a raw socket", EPERM, SYS_socket, AF_INET, SOCK_RAW, 255) \
	WAY("a local socket", EPERM, SYS_socket, AF_UNIX, SOCK_SEQPACKET, 0) \
	WAY("a socket of the kernel", EPERM, SYS_socket, AF_NETLINK, SOCK_RAW, 0) \
	WAY("a socket of packets", EPERM, SYS_socket, AF_PACKET, SOCK_RAW, 0) \
	WAY("a socket of virtual machines", EPERM, SYS_socket, AF_VSOCK, SOCK_STREAM, 0) \
	WAY("a socket of ciphers", EPERM, SYS_socket, AF_ALG, SOCK_SEQPACKET, 0) \
	WAY("a pair of sockets", EPERM, SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, NULL) \
	WAY("connect", EPERM, SYS_connect, 3, NULL, 0) \
	WAY("bind", EPERM, SYS_bind, 3, NULL, 0) \
	WAY("listen", EPERM, SYS_listen, 3, 1) \
	WAY("accept", EPERM, SYS_accept4, 3, NULL, NULL, 0) \
	WAY("pass a descriptor on", EPERM, SYS_sendmsg, 3, NULL, 0) \
	WAY("pass several on", EPERM, SYS_sendmmsg, 3, NULL, 0, 0) \
	WAY("a ring of requests", EPERM, SYS_io_uring_setup, 4, NULL) \
	WAY("enter a ring", EPERM, SYS_io_uring_enter, 3, 0, 0, 0, NULL, 0)

#define ESCAPES_PROCESSES(WAY) \
	WAY("fork", EPERM, SYS_clone, SIGCHLD, 0, 0, 0, 0) \
	WAY("fork in a world of its own", EPERM, SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0) \
	WAY("fork the new way", ENOSYS, SYS_clone3, NULL, 0) \
	WAY("another program", EPERM, SYS_execve, "/bin/true", NULL, NULL) \
	WAY("another program by descriptor", EPERM, SYS_execveat, 3, "", NULL, NULL, AT_EMPTY_PATH) \
	WAY("signal all", EPERM, SYS_kill, 1, 0) \
	WAY("signal a thread", EPERM, SYS_tkill, 1, 0) \
	WAY("signal a thread of another process", EPERM, SYS_tgkill, 1, 1, 0) \
	WAY("signal with a message", EPERM, SYS_rt_sigqueueinfo, 1, 0, NULL) \
	WAY("hold another process", EPERM, SYS_pidfd_open, 1, 0) \
	WAY("take another's descriptor", EPERM, SYS_pidfd_getfd, 3, 0, 0) \
	WAY("signal one that it holds", EPERM, SYS_pidfd_send_signal, 3, 0, NULL, 0) \
	WAY("trace another", EPERM, SYS_ptrace, PTRACE_SEIZE, 1, NULL, NULL) \
	WAY("be traced", EPERM, SYS_ptrace, PTRACE_TRACEME, 0, NULL, NULL) \
	WAY("read another's memory", EPERM, SYS_process_vm_readv, 1, NULL, 0, NULL, 0, 0) \
	WAY("write another's memory", EPERM, SYS_process_vm_writev, 1, NULL, 0, NULL, 0, 0) \
	WAY("compare itself to another", EPERM, SYS_kcmp, 1, 1, 0, 0, 0) \
	WAY("another's limits", EPERM, SYS_prlimit64, 1, RLIMIT_NOFILE, NULL, NULL) \
	WAY("more time than others", EPERM, SYS_setpriority, PRIO_PROCESS, 0, 0) \
	WAY("time before all others", EPERM, SYS_sched_setscheduler, 0, 0, NULL) \
	WAY("leave its group", EPERM, SYS_setpgid, 0, 0) \
	WAY("leave its session", EPERM, SYS_setsid) \
	WAY("outlive its parent", 0, SYS_prctl, PR_SET_PDEATHSIG, 0, 0, 0, 0) \
	WAY("catch the signal that ends it", 0, SYS_rt_sigaction, SIGSYS, NULL, NULL, 8) \
	WAY("a filter of its own", 0, SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL) \
	WAY("be dumped", 0, SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0)

#define ESCAPES_KERNEL(WAY) \
	WAY("namespaces", EPERM, SYS_unshare, CLONE_NEWUSER) \
	WAY("another's namespace", EPERM, SYS_setns, 3, 0) \
	WAY("mount", EPERM, SYS_mount, "x", "/postern-none", "tmpfs", 0, NULL) \
	WAY("unmount", EPERM, SYS_umount2, "/postern-none", 0) \
	WAY("another root", EPERM, SYS_pivot_root, "/postern-none", "/postern-none") \
	WAY("a root of its own", EPERM, SYS_chroot, "/postern-none") \
	WAY("code in the kernel", EPERM, SYS_bpf, 0, NULL, 0) \
	WAY("watch the machine", EPERM, SYS_perf_event_open, NULL, 0, -1, -1, 0) \
	WAY("hold the kernel up", EPERM, SYS_userfaultfd, -1) \
	WAY("the kernel's keys", EPERM, SYS_keyctl, 0, -1, 0) \
	WAY("keep a key", EPERM, SYS_add_key, "user", "x", NULL, 0, -1) \
	WAY("a module", EPERM, SYS_init_module, NULL, 0, "") \
	WAY("another kernel", EPERM, SYS_kexec_load, 0, 1, NULL, -1) \
	WAY("restart the machine", EPERM, SYS_reboot, 0, 0, 0, NULL) \
	WAY("no random addresses", EPERM, SYS_personality, 0xffffffff) \
	WAY("another user", EPERM, SYS_setresuid, -1, -1, -1) \
	WAY("other groups", EPERM, SYS_setgroups, -1, NULL) \
	WAY("rights", EPERM, SYS_capset, NULL, NULL) \
	WAY("the clock", EPERM, SYS_clock_settime, CLOCK_MONOTONIC, NULL) \
	WAY("the clock, little by little", EPERM, SYS_clock_adjtime, -1, NULL) \
	WAY("the machine's name", EPERM, SYS_sethostname, NULL, -1) \
	WAY("the kernel's log", EPERM, SYS_syslog, 99, NULL, 0) \
	WAY("shared memory", EPERM, SYS_shmget, 77, 1, 0) \
	WAY("messages to others", EPERM, SYS_msgget, 77, 0) \
	WAY("semaphores of others", EPERM, SYS_semget, 77, 1, 0) \
	WAY("a call that there is not", ENOSYS, 999) \
	WAY("code in new memory", 0, SYS_mmap, NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) \
	WAY("code in old memory", 0, SYS_mprotect, 0x10000, 4096, PROT_EXEC) \
	WAY("a map of a descriptor", 0, SYS_mmap, NULL, 4096, PROT_READ, MAP_SHARED, 3, 0) \
	WAY("another number for a descriptor", 0, SYS_dup, 3) \
	WAY("ask of a descriptor", 0, SYS_fcntl, 3, F_GETFL) \
	WAY("type into a terminal", 0, SYS_ioctl, 1, TIOCSTI, "x") \
	WAY("write into the lane's socket", 0, SYS_write, 3, "x", 1) \
	WAY("read of the log", 0, SYS_read, 4, NULL, 0) \
	WAY("talk by the log", 0, SYS_sendto, 4, "x", 1, 0, NULL, 0)
/* clang-format on */

#define ESCAPES_MAP(WAY)                                                                           \
	ESCAPES_FILES(WAY)                                                                         \
	ESCAPES_NETWORK(WAY)                                                                       \
	ESCAPES_PROCESSES(WAY)                                                                     \
	ESCAPES_KERNEL(WAY)

#endif
