/* Many terminals, each with a link and a report a second.
 *
 *     load_terminals jt808|nmea PORT TERMINALS SECONDS HERTZ [WEST SOUTH SIDE]
 *
 * They stand on a square of SIDE degrees (116.3, 39.8, 0.2) and drive east, and back after a while.
 * Terminal n calls itself 13900000000 + n. A JT/T 808 terminal reports 0x0200 (edition 2013) and
 * waits for nothing, but measures the time to each answer; a receiver of NMEA sends RMC and hears
 * none. Its clock tells whole seconds: the thousandths are in its course, three of them a degree.
 * Reports are spread evenly over the second. Who waits for answers hears the last of them out.
 * Prints one JSON object: `sent` are the reports whose answers `answered` may count.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { WINDOW = 64, FLAG = 0x7E, TENTHS_MS = 100000, WARM_UP_SECONDS = 3, LAST_ANSWERS_SECONDS = 10 };

struct terminal {
    int fd, flags_seen, reports;
    uint16_t serial;
    uint32_t head, tail;        /* of the reports that wait for their answer */
    uint64_t sent_at[WINDOW];   /* ns */
    double lat, lon;
};

static uint32_t histogram[TENTHS_MS + 1];

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void bcd(uint8_t *out, const char *digits)
{
    for (; digits[0] && digits[1]; digits += 2)
        *out++ = (digits[0] - '0') << 4 | (digits[1] - '0');
}

static uint8_t *put(uint8_t *at, uint32_t value, int width)
{
    while (width--)
        *at++ = value >> 8 * width;
    return at;
}

/* A location of edition 2013, escaped, with both flags; gives its length. */
static int jt808(uint8_t *out, struct terminal *one, int number, const struct tm *clock,
                 int thousandths)
{
    uint8_t frame[64], *at = frame, sum = 0;
    char digits[80];
    at = put(at, 0x0200, 2);
    at = put(at, 28, 2);
    snprintf(digits, sizeof digits, "%012lld", 13900000000ll + number);
    bcd(at, digits);
    at = put(at + 6, one->serial++, 2);
    at = put(at, 0, 4);
    at = put(at, 3, 4); /* running, positioned */
    at = put(at, (uint32_t)(one->lat * 1e6), 4);
    at = put(at, (uint32_t)(one->lon * 1e6), 4);
    at = put(at, 50, 2);
    at = put(at, 360, 2);
    at = put(at, thousandths / 3, 2);
    snprintf(digits, sizeof digits, "%02d%02d%02d%02d%02d%02d", clock->tm_year % 100,
             clock->tm_mon + 1, clock->tm_mday, clock->tm_hour, clock->tm_min, clock->tm_sec);
    bcd(at, digits);
    at += 6;
    for (uint8_t *p = frame; p < at; p++)
        sum ^= *p;
    *at++ = sum;
    uint8_t *to = out;
    *to++ = FLAG;
    for (uint8_t *p = frame; p < at; p++)
        if (*p == 0x7D || *p == FLAG) {
            *to++ = 0x7D;
            *to++ = *p == FLAG ? 2 : 1;
        } else
            *to++ = *p;
    *to++ = FLAG;
    return to - out;
}

static int nmea(uint8_t *out, struct terminal *one, const struct tm *clock, int thousandths)
{
    char body[128];
    unsigned sum = 0;
    int length = snprintf(
        body, sizeof body, "GNRMC,%02d%02d%02d.%03d,A,%02d%08.5f,N,%03d%08.5f,E,19.4,90.0,%02d%02d%02d,,,A",
        clock->tm_hour, clock->tm_min, clock->tm_sec, thousandths, (int)one->lat,
        (one->lat - (int)one->lat) * 60, (int)one->lon, (one->lon - (int)one->lon) * 60,
        clock->tm_mday, clock->tm_mon + 1, clock->tm_year % 100);
    for (int i = 0; i < length; i++)
        sum ^= (uint8_t)body[i];
    return sprintf((char *)out, "$%s*%02X\r\n", body, sum);
}

/* A thousand links share an address, as vehicles share gateways. */
static int call(int port, int number)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in from = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 256 + number / 1000);
    if (fd < 0 || bind(fd, (void *)&from, sizeof from) || connect(fd, (void *)&to, sizeof to)) {
        perror("connect");
        exit(1);
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

/* Each answer is a frame: two flags. Gives how many ended here. */
static int answers(struct terminal *one, uint64_t now)
{
    uint8_t data[4096];
    int length = read(one->fd, data, sizeof data), count = 0;
    if (length <= 0) {
        if (length == 0 || errno != EAGAIN) {
            fprintf(stderr, "a link was closed\n");
            exit(1);
        }
        return 0;
    }
    for (int i = 0; i < length; i++)
        if (data[i] == FLAG && ++one->flags_seen % 2 == 0 && one->tail != one->head) {
            uint64_t tenths = (now - one->sent_at[one->tail++ % WINDOW]) / 100000;
            histogram[tenths > TENTHS_MS ? TENTHS_MS : tenths]++;
            count++;
        }
    return count;
}

static double percentile(double share, uint64_t total)
{
    uint64_t seen = 0;
    for (int i = 0; i <= TENTHS_MS; i++)
        if (total && (seen += histogram[i]) >= share * total)
            return i / 10.0;
    return 0;
}

static double cpu_seconds(void)
{
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return r.ru_utime.tv_sec + r.ru_stime.tv_sec + (r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

int main(int argc, char **argv)
{
    if (argc != 6 && argc != 9)
        return 2;
    int is_nmea = !strcmp(argv[1], "nmea"), port = atoi(argv[2]), count = atoi(argv[3]);
    double seconds = atof(argv[4]), hertz = atof(argv[5]);
    double west = argc > 6 ? atof(argv[6]) : 116.3, south = argc > 6 ? atof(argv[7]) : 39.8;
    int row = ceil(sqrt(count));
    double apart = (argc > 6 ? atof(argv[8]) : 0.2) / row;
    struct terminal *all = calloc(count, sizeof *all);
    int poll = epoll_create1(0);
    uint8_t out[256];
    for (int n = 0; n < count; n++) {
        struct terminal *one = &all[n];
        one->fd = call(port, n);
        one->lat = south + n / row * apart;
        one->lon = west + n % row * apart;
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = one};
        epoll_ctl(poll, EPOLL_CTL_ADD, one->fd, &event);
        if (is_nmea) {
            char name[40], sum = 0;
            int length = sprintf(name, "PGID,%lld", 13900000000ll + n);
            for (int i = 0; i < length; i++)
                sum ^= name[i];
            length = sprintf((char *)out, "$%s*%02X\r\n", name, (uint8_t)sum);
            if (write(one->fd, out, length) != length)
                return 1;
        }
        if (n % 64 == 63)
            usleep(2000);
    }
    fprintf(stderr, "connected\n");
    uint64_t start = now_ns(), warm = start + WARM_UP_SECONDS * 1000000000ull;
    uint64_t end = warm + (uint64_t)(seconds * 1e9), sent = 0, answered = 0, lost = 0, now;
    double step = 1e9 / (hertz * count), next = start, cpu = 0;
    int index = 0, is_warm = 0;
    struct epoll_event events[512];
    while ((now = now_ns()) < end) {
        if (!is_warm && now > warm) {
            is_warm = 1;
            cpu = cpu_seconds();
            memset(histogram, 0, sizeof histogram);
            sent = answered = 0;
            for (int n = 0; n < count && !is_nmea; n++)
                sent += all[n].head - all[n].tail; /* their answers will be counted */
            fprintf(stderr, "warm\n");
        }
        struct timespec wall;
        clock_gettime(CLOCK_REALTIME, &wall);
        time_t unix_time = wall.tv_sec + (is_nmea ? 0 : 8 * 3600); /* JT/T 808 tells GMT+8 */
        struct tm clock;
        gmtime_r(&unix_time, &clock);
        for (int burst = 0; next <= now && burst < 256; burst++, next += step) {
            struct terminal *one = &all[index];
            one->lon += ++one->reports / 100 % 2 ? -1e-4 : 1e-4;
            int thousandths = wall.tv_nsec / 1000000;
            int length = is_nmea ? nmea(out, one, &clock, thousandths)
                                 : jt808(out, one, index, &clock, thousandths);
            index = (index + 1) % count;
            if (!is_nmea && one->head - one->tail >= WINDOW) {
                lost++;
                continue;
            }
            if (write(one->fd, out, length) != length) {
                lost++;
                continue;
            }
            one->sent_at[one->head++ % WINDOW] = now;
            sent++;
        }
        int ready = epoll_wait(poll, events, 512, 1);
        now = now_ns();
        for (int i = 0; i < ready; i++)
            answered += answers(events[i].data.ptr, now);
    }
    end = now_ns() + LAST_ANSWERS_SECONDS * 1000000000ull;
    while (!is_nmea && answered < sent && (now = now_ns()) < end) {
        int ready = epoll_wait(poll, events, 512, 1);
        now = now_ns();
        for (int i = 0; i < ready; i++)
            answered += answers(events[i].data.ptr, now);
    }
    printf("{\"sent\": %lu, \"answered\": %lu, \"not_sent\": %lu, \"p50_ms\": %.1f, "
           "\"p95_ms\": %.1f, \"p99_ms\": %.1f, \"cpu\": %.3f}\n",
           sent, answered, lost, percentile(.5, answered), percentile(.95, answered),
           percentile(.99, answered), (cpu_seconds() - cpu) / seconds);
    return 0;
}
