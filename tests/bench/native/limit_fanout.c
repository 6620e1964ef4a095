/* The limit of a fan-out: the same ready frame to every socket, by send() alone.
   limit_fanout PORT RATE_HZ ROWS: a message of ROWS rows whose last number is the wall clock, ms. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double wall(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static int frame(char *out, int rows)
{
    static char body[1 << 20];
    int size = sprintf(body, "42[\"positions\",{\"seq\":1,\"t\":1,\"units\":[");
    for (int i = 0; i < rows; i++)
        size += sprintf(body + size, "%s[%d,116.4012345,39.9012345,87.5,36.5,%.0f]",
                        i ? "," : "", 1000 + i, wall());
    size += sprintf(body + size, "]}]");
    int head = size < 126 ? 2 : size < 65536 ? 4 : 10;
    out[0] = (char)0x81;
    out[1] = head == 2 ? size : head == 4 ? 126 : 127;
    for (int i = head - 1, rest = size; i >= 2; i--, rest >>= 8) out[i] = rest & 255;
    memcpy(out + head, body, size);
    return head + size;
}

int main(int count, char **given)
{
    static const char hello[] = "HTTP/1.1 101 x\r\nUpgrade: websocket\r\n\r\n";
    static int clients[20000];
    static char out[1 << 20], junk[4096];
    if (count < 4) return 2;
    int n = 0, on = 1, rows = atoi(given[3]), loop = epoll_create1(0);
    double every = 1000 / atof(given[2]), next = wall();
    int door = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(given[1]))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(door, (void *)&address, sizeof address) || listen(door, 1024)) return perror("bind"), 1;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = door}, events[256];
    epoll_ctl(loop, EPOLL_CTL_ADD, door, &event);
    for (;;) {
        int wait = next > wall() ? (int)(next - wall()) : 0;
        int some = epoll_wait(loop, events, 256, wait);
        for (int i = 0; i < some; i++) {
            int fd = events[i].data.fd;
            if (fd == door) {
                while ((fd = accept4(door, 0, 0, SOCK_NONBLOCK)) >= 0) {
                    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                    struct epoll_event one = {.events = EPOLLIN, .data.fd = fd};
                    epoll_ctl(loop, EPOLL_CTL_ADD, fd, &one);
                }
            } else if (read(fd, junk, sizeof junk) <= 0) {
                return 0; /* the measurement is over */
            } else {
                if (write(fd, hello, sizeof hello - 1) < 0) perror("write");
                clients[n++] = fd;
            }
        }
        if (wall() < next) continue;
        int size = frame(out, rows);
        for (int i = 0; i < n; i++)
            if (send(clients[i], out, size, MSG_NOSIGNAL) < 0) continue;
        next += every;
    }
}
