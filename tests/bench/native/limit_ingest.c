/* The limit of bench_ingest.py: a process that only reads and answers.
 *
 *     limit_ingest PORT FLUSH_MS
 *
 * It counts JT/T 808 frames by their flags, looks at nothing in them, stores nothing, and every
 * FLUSH_MS sends each link as many general responses as it is owed, in one write.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LINKS = 65536, FLAG = 0x7E, REPLY = 20 };

static int flags_seen[LINKS], owed[LINKS], debtors[LINKS], debts;

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void take_in(int poll, int listener)
{
    int fd, on = 1;
    while ((fd = accept4(listener, 0, 0, SOCK_NONBLOCK)) >= 0) {
        if (fd >= LINKS) {
            close(fd);
            continue;
        }
        flags_seen[fd] = owed[fd] = 0;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
        epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
    }
}

static void hear(int fd)
{
    uint8_t data[4096], *at = data;
    int length = read(fd, data, sizeof data), before = flags_seen[fd] / 2;
    if (length <= 0) {
        close(fd);
        owed[fd] = 0;
        return;
    }
    while ((at = memchr(at, FLAG, data + length - at))) {
        flags_seen[fd]++;
        at++;
    }
    int frames = flags_seen[fd] / 2 - before;
    if (frames && !owed[fd])
        debtors[debts++] = fd;
    owed[fd] += frames;
}

static void answer_all(void)
{
    uint8_t out[REPLY * 64];
    memset(out, 0x11, sizeof out);
    for (int i = 0; i < 64; i++)
        out[i * REPLY] = out[i * REPLY + REPLY - 1] = FLAG;
    for (int i = 0; i < debts; i++) {
        int fd = debtors[i], count = owed[fd] > 64 ? 64 : owed[fd];
        if (count && send(fd, out, count * REPLY, MSG_NOSIGNAL) < 0)
            perror("send");
        owed[fd] = 0;
    }
    debts = 0;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    uint64_t flush = (uint64_t)(atof(argv[2]) * 1e6), next = now_ns() + flush, now;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1, poll = epoll_create1(0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (void *)&at, sizeof at) || listen(listener, 4096)) {
        perror("listen");
        return 1;
    }
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[512];
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        now = now_ns();
        int ready = epoll_wait(poll, events, 512, next > now ? (next - now) / 1000000 + 1 : 0);
        for (int i = 0; i < ready; i++)
            if (events[i].data.fd == listener)
                take_in(poll, listener);
            else
                hear(events[i].data.fd);
        if (now_ns() >= next) {
            answer_all();
            next = now_ns() + flush;
        }
    }
}
