/* A fleet on one thread: NMEA receivers over TCP, one RMC sentence each second and vehicle, evenly
   spread; each tells the wall clock as its time.

   vehicles PORT COUNT SECONDS FIRST_LON FIRST_LAT SIDE: COUNT receivers "bench-N" on a square of
   SIDE degrees. Prints how many sentences it could not send. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double wall(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static int sentence(char *out, const char *body)
{
    unsigned sum = 0;
    for (const char *c = body; *c; c++) sum ^= (unsigned char)*c;
    return sprintf(out, "$%s*%02X\r\n", body, sum);
}

static int rmc(char *out, double lon, double lat)
{
    char body[160];
    double now = wall();
    time_t whole = (time_t)now;
    struct tm *t = gmtime(&whole);
    snprintf(body, sizeof body, "GNRMC,%02d%02d%06.3f,A,%02d%09.6f,N,%03d%09.6f,E,12.0,90.0,%02d%02d%02d,,,A",
             t->tm_hour, t->tm_min, t->tm_sec + floor((now - whole) * 1e3) / 1e3,
             (int)lat, (lat - (int)lat) * 60, (int)lon, (lon - (int)lon) * 60,
             t->tm_mday, t->tm_mon + 1, t->tm_year % 100);
    return sentence(out, body);
}

int main(int count, char **given)
{
    if (count < 7) return 2;
    int port = atoi(given[1]), n = atoi(given[2]), side = (int)ceil(sqrt(n)), on = 1;
    double seconds = atof(given[3]), lon = atof(given[4]), lat = atof(given[5]);
    double step = atof(given[6]) / side;
    int *links = calloc(n, sizeof *links);
    long missed = 0;
    char out[256], body[64];
    for (int i = 0; i < n; i++) {
        struct sockaddr_in from = {.sin_family = AF_INET}, to = from;
        from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + i / 2000); /* gateways of 2,000 each */
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK), to.sin_port = htons(port);
        links[i] = socket(AF_INET, SOCK_STREAM, 0);
        setsockopt(links[i], IPPROTO_IP, 24 /* IP_BIND_ADDRESS_NO_PORT */, &on, sizeof on);
        if (bind(links[i], (void *)&from, sizeof from) || connect(links[i], (void *)&to, sizeof to))
            return perror("connect"), 1;
        setsockopt(links[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        fcntl(links[i], F_SETFL, O_NONBLOCK);
        snprintf(body, sizeof body, "PGID,bench-%d", i);
        if (write(links[i], out, sentence(out, body)) < 0) missed++;
        if (i % 64 == 63) usleep(5000);
    }
    fprintf(stderr, "connected\n");
    double began = wall();
    for (long sent = 0; wall() - began < seconds; sent++) {
        double due = began + (double)sent / n;
        int i = sent % n;
        while (wall() < due) usleep(500);
        double along = (sent / n % 200) * 1e-5; /* a metre a second, and back after a while */
        int size = rmc(out, lon + i % side * step + along, lat + i / side * step);
        if (write(links[i], out, size) != size) missed++;
    }
    printf("%ld\n", missed);
    return 0;
}
