"""What the data plane needs of the kernel's socket interface: declarations alone."""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t


cdef extern from *:
    """
    #ifndef _GNU_SOURCE
    #define _GNU_SOURCE
    #endif
    #include <arpa/inet.h>
    #include <errno.h>
    #include <linux/errqueue.h>
    #include <netinet/in.h>
    #include <netinet/udp.h>
    #include <poll.h>
    #include <sys/epoll.h>
    #include <sys/eventfd.h>
    #include <sys/socket.h>
    #include <unistd.h>
    #ifndef UDP_SEGMENT
    #define UDP_SEGMENT 103
    #endif
    """


cdef extern from "<sys/socket.h>" nogil:
    ctypedef uint32_t socklen_t
    int AF_INET, AF_INET6, SOCK_DGRAM, SOCK_NONBLOCK, SOCK_CLOEXEC
    int SOL_SOCKET, SO_REUSEPORT, SO_RCVBUF, SO_SNDBUF, SO_RCVBUFFORCE, SO_SNDBUFFORCE, SO_BINDTODEVICE, SO_ERROR
    int MSG_DONTWAIT, MSG_ERRQUEUE, MSG_WAITFORONE
    cdef struct sockaddr:
        uint16_t sa_family
    cdef struct sockaddr_storage:
        uint16_t ss_family
    cdef struct iovec:
        void *iov_base
        size_t iov_len
    cdef struct msghdr:
        void *msg_name
        socklen_t msg_namelen
        iovec *msg_iov
        size_t msg_iovlen
        void *msg_control
        size_t msg_controllen
        int msg_flags
    cdef struct mmsghdr:
        msghdr msg_hdr
        unsigned int msg_len
    cdef struct cmsghdr:
        size_t cmsg_len
        int cmsg_level
        int cmsg_type
    cmsghdr *CMSG_FIRSTHDR(msghdr *header) noexcept
    cmsghdr *CMSG_NXTHDR(msghdr *header, cmsghdr *control) noexcept
    uint8_t *CMSG_DATA(cmsghdr *control) noexcept
    size_t CMSG_SPACE(size_t length) noexcept
    size_t CMSG_LEN(size_t length) noexcept
    int socket(int family, int kind, int protocol) noexcept
    int bind(int descriptor, const sockaddr *address, socklen_t length) noexcept
    int connect(int descriptor, const sockaddr *address, socklen_t length) noexcept
    int getsockname(int descriptor, sockaddr *address, socklen_t *length) noexcept
    int setsockopt(int descriptor, int level, int option, const void *value, socklen_t length) noexcept
    int getsockopt(int descriptor, int level, int option, void *value, socklen_t *length) noexcept
    int recvmmsg(int descriptor, mmsghdr *messages, unsigned int count, int flags, void *timeout) noexcept
    int sendmmsg(int descriptor, mmsghdr *messages, unsigned int count, int flags) noexcept
    ssize_t recvmsg(int descriptor, msghdr *message, int flags) noexcept
    ssize_t sendto(int descriptor, const void *bytes, size_t length, int flags, const sockaddr *address, socklen_t address_length) noexcept


cdef extern from "<netinet/in.h>" nogil:
    int IPPROTO_UDP, IPPROTO_IP, IPPROTO_IPV6, IP_RECVERR, IP_MTU_DISCOVER, IP_PMTUDISC_DO, IP_PMTUDISC_WANT, IPV6_RECVERR, IPV6_V6ONLY, SOL_UDP, SOL_IP, SOL_IPV6, UDP_SEGMENT
    cdef struct in_addr:
        uint32_t s_addr
    cdef struct in6_addr:
        uint8_t s6_addr[16]
    cdef struct sockaddr_in:
        uint16_t sin_family
        uint16_t sin_port
        in_addr sin_addr
    cdef struct sockaddr_in6:
        uint16_t sin6_family
        uint16_t sin6_port
        uint32_t sin6_flowinfo
        in6_addr sin6_addr
        uint32_t sin6_scope_id


cdef extern from "<arpa/inet.h>" nogil:
    uint16_t htons(uint16_t value) noexcept
    uint16_t ntohs(uint16_t value) noexcept
    int inet_pton(int family, const char *text, void *address) noexcept
    const char *inet_ntop(int family, const void *address, char *text, socklen_t size) noexcept


cdef extern from "<linux/errqueue.h>" nogil:
    int SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6, SO_EE_ORIGIN_LOCAL
    cdef struct sock_extended_err:
        uint32_t ee_errno
        uint8_t ee_origin
        uint8_t ee_type
        uint8_t ee_code


cdef extern from "<sys/epoll.h>" nogil:
    int EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CLOEXEC
    uint32_t EPOLLIN, EPOLLERR
    ctypedef union epoll_data_t:
        uint32_t u32
        uint64_t u64
    cdef struct epoll_event:
        uint32_t events
        epoll_data_t data
    int epoll_create1(int flags) noexcept
    int epoll_ctl(int descriptor, int operation, int target, epoll_event *event) noexcept
    int epoll_wait(int descriptor, epoll_event *events, int count, int timeout_ms) noexcept


cdef extern from "<sys/eventfd.h>" nogil:
    int EFD_NONBLOCK, EFD_CLOEXEC
    int eventfd(unsigned int initial, int flags) noexcept
    int eventfd_write(int descriptor, uint64_t value) noexcept
    int eventfd_read(int descriptor, uint64_t *value) noexcept


cdef extern from "<unistd.h>" nogil:
    int close(int descriptor) noexcept


cdef extern from "<errno.h>" nogil:
    int errno
    int EAGAIN, EINTR, EMSGSIZE, ENETUNREACH, EHOSTUNREACH, ECONNREFUSED, EINVAL, EIO
