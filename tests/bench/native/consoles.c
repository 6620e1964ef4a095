/* Many desks on one thread: opens Socket.IO lines over WebSocket, counts what comes, and tells how
   old the oldest position of each message is (its last number: epoch milliseconds; of terminals
   whose clock tells whole seconds the course adds three for each degree).

   consoles PORT SECONDS READY_FILE [course] < one line a desk: COOKIE<tab>VIEW (JSON, or - for none)

   Writes READY_FILE when all desks are let in, measures SECONDS from then on, prints one line of
   JSON. A line COOKIE "raw" means a plain WebSocket, as the C limit speaks it. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
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

enum { SHAKING, OPENING, ASKING, IN, GONE };
enum { MOST = 20000, TENTHS = 100000 };

typedef struct { int fd, state, raw; char *view, *data; size_t size, room; } Desk;

static Desk desks[MOST];
static int wanted, ready, gone, measuring, by_course;
static uint64_t messages, bytes, aged, histogram[TENTHS + 1];

static double wall(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void say(Desk *desk, const char *text)
{
    unsigned char out[1024];
    size_t size = strlen(text), head = 6;
    out[0] = 0x81;
    out[1] = 0x80 | (size < 126 ? size : 126);
    if (size >= 126) out[2] = size >> 8, out[3] = size & 255, head = 8;
    memset(out + head - 4, 0, 4); /* a mask of zeros */
    memcpy(out + head, text, size);
    if (write(desk->fd, out, head + size) < 0) perror("write");
}

static void come_in(Desk *desk)
{
    desk->state = IN;
    ready++;
    if (strcmp(desk->view, "-")) {
        char text[512];
        snprintf(text, sizeof text, "42[\"view\",%s]", desk->view);
        say(desk, text);
    }
}

/* The fourth number of the row [unit, lon, lat, course, speed, moment] that ends here. */
static double course_of(const char *text, const char *end)
{
    const char *at = end;
    while (at > text && at[-1] != '[') at--;
    for (int commas = 0; at < end && commas < 3; at++) commas += *at == ',';
    return strtod(at, NULL);
}

static void count_age(const char *text, size_t size)
{
    double oldest = 0, now = wall();
    const char *end = text + size, *at = text;
    while ((at = memchr(at, ']', end - at))) {
        const char *first = at;
        while (first > text && isdigit((unsigned char)first[-1])) first--;
        if (at - first == 13) {
            double moment = strtod(first, NULL) + (by_course ? 3 * course_of(text, at) : 0);
            if (!oldest || moment < oldest) oldest = moment;
        }
        at++;
    }
    if (!oldest) return;
    double tenths = (now - oldest) * 10;
    histogram[tenths < 0 ? 0 : tenths > TENTHS ? TENTHS : (int)tenths]++;
    aged++;
}

static void hear(Desk *desk, int kind, const char *text, size_t size)
{
    if (kind == 8) return;
    if (desk->state == OPENING && text[0] == '0') say(desk, "40"), desk->state = ASKING;
    else if (desk->state == ASKING && size > 1 && text[1] == '0') come_in(desk);
    else if (size == 1 && text[0] == '2') say(desk, "3");
    else if (measuring) messages++, count_age(text, size);
}

static size_t shake(Desk *desk)
{
    char *end = memmem(desk->data, desk->size, "\r\n\r\n", 4);
    if (!end) return 0;
    if (memcmp(desk->data, "HTTP/1.1 101", 12)) {
        fprintf(stderr, "refused: %.60s\n", desk->data);
        exit(1);
    }
    desk->state = OPENING;
    if (desk->raw) come_in(desk);
    return end + 4 - desk->data;
}

static void read_frames(Desk *desk)
{
    size_t at = desk->state == SHAKING ? shake(desk) : 0;
    while (desk->state != SHAKING && desk->size - at >= 2) {
        unsigned char *b = (unsigned char *)desk->data + at;
        size_t size = b[1] & 127, head = 2;
        if (size == 126) head = 4;
        if (size == 127) head = 10;
        if (desk->size - at < head) break;
        if (head > 2) {
            size = 0;
            for (size_t i = 2; i < head; i++) size = size << 8 | b[i];
        }
        if (desk->size - at < head + size) break;
        hear(desk, b[0] & 15, desk->data + at + head, size);
        at += head + size;
    }
    memmove(desk->data, desk->data + at, desk->size -= at);
}

static void receive(Desk *desk)
{
    for (;;) {
        if (desk->room - desk->size < 65536) desk->data = realloc(desk->data, desk->room += 65536);
        ssize_t got = read(desk->fd, desk->data + desk->size, desk->room - desk->size);
        if (got < 0 && errno == EAGAIN) return;
        if (got <= 0) {
            close(desk->fd), desk->state = GONE, gone++;
            return;
        }
        if (measuring) bytes += got;
        desk->size += got;
        read_frames(desk);
    }
}

static void dial(Desk *desk, int number, int port, const char *cookie, int loop)
{
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(port)};
    char request[2048];
    int on = 1;
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    desk->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(desk->fd, (void *)&server, sizeof server)) perror("connect"), exit(1);
    setsockopt(desk->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    int size = snprintf(request, sizeof request,
        "GET /socket.io/?EIO=4&transport=websocket&desk=%d HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nCookie: %s\r\n\r\n", number, port, cookie);
    if (write(desk->fd, request, size) < 0) perror("write");
    fcntl(desk->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = desk};
    epoll_ctl(loop, EPOLL_CTL_ADD, desk->fd, &event);
}

static double quantile(double share)
{
    uint64_t seen = 0;
    for (int i = 0; i <= TENTHS; i++)
        if ((seen += histogram[i]) >= share * aged && aged) return i / 10.0;
    return 0;
}

int main(int count, char **given)
{
    if (count < 4) return 2;
    by_course = count > 4;
    static char cookies[MOST][512], line[2048];
    int port = atoi(given[1]), loop = epoll_create1(0), dialled = 0;
    double seconds = atof(given[2]), end = 0, began = wall();
    while (wanted < MOST && fgets(line, sizeof line, stdin)) {
        char *tab = strchr(line, '\t');
        line[strcspn(line, "\n")] = 0, *tab = 0;
        snprintf(cookies[wanted], sizeof cookies[0], "%.511s", line);
        desks[wanted].raw = !strcmp(line, "raw");
        desks[wanted++].view = strdup(tab + 1);
    }
    while (!measuring || wall() < end) {
        while (dialled < wanted && dialled - ready < 32) {
            dial(&desks[dialled], dialled, port, cookies[dialled], loop);
            dialled++;
        }
        struct epoll_event events[512];
        int some = epoll_wait(loop, events, 512, 50);
        for (int i = 0; i < some; i++) receive(events[i].data.ptr);
        if (!measuring && ready == wanted) {
            FILE *file = fopen(given[3], "w");
            if (file) fclose(file);
            if (!end) end = wall() + 3000; /* the first moments do not count */
            if (wall() > end) measuring = 1, end = wall() + seconds * 1e3;
        }
        if (!measuring && wall() - began > 120e3) return fprintf(stderr, "%d of %d\n", ready, wanted), 1;
    }
    printf("{\"desks\":%d,\"messages\":%lu,\"bytes\":%lu,\"gone\":%d,\"seconds\":%.1f,"
           "\"p50\":%.1f,\"p95\":%.1f,\"p99\":%.1f}\n", wanted, messages, bytes, gone, seconds,
           quantile(.5), quantile(.95), quantile(.99));
    return 0;
}
