/* A closed-loop HTTP/1.1 client that keeps the latency of every request.
 *
 * Does: hold CONNECTIONS connections to 127.0.0.1, send the same POST on each again and again, read each answer whole
 * (Content-Length or chunked), check it, and print one JSON object: requests, errors, seconds, tokens, exact percentiles
 * of the whole answer and of the first token, in microseconds. One thread, epoll: about 10 us of processor a request.
 * Does not: TLS, redirects, open-loop arrivals (a slow server slows its own load: the same for every server measured).
 * Try it: cc -O2 -o load load.c && ./load -p 9000 -c 32 -t 5 -u /v1/chat/completions -b body.json -e '"usage"'
 *   -t SECONDS after -w SECONDS of warm-up, or -n REQUESTS   -H HEADER (again and again)   -e TEXT that an answer must have
 *   -r: a new connection for each request
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_BYTES (1 << 20) /* largest answer, head and body */
#define STALLED_NS 120000000000ull

typedef struct {
    int fd;
    bool busy;
    uint64_t started_ns, first_token_ns;
    size_t used;    /* bytes of the answer so far */
    size_t body;    /* where its body starts (0 = head not complete) */
    long length;    /* Content-Length (-1 = chunked) */
    size_t scanned; /* chunks are whole up to here */
    char *in;
} connection;

static int port, connections = 1, poller;
static long wanted, sent, done, errors, tokens;
static bool reconnect;
static const char *expected = "";
static char *request;
static size_t request_bytes;
static double *latencies, *first_tokens; /* microseconds */
static size_t recorded, capacity;
static uint64_t record_from_ns, stop_ns, last_done_ns;

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void die(const char *what) {
    perror(what);
    exit(1);
}

static void open_connection(connection *c) {
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int on = 1;
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&there, sizeof there)) die("load: connect");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &(struct epoll_event){.events = EPOLLIN, .data.ptr = c});
}

static void start_request(connection *c) {
    if (wanted ? sent >= wanted : now_ns() >= stop_ns) return;
    c->used = c->body = c->scanned = 0;
    c->first_token_ns = 0;
    c->busy = true;
    sent++;
    c->started_ns = now_ns();
    if (c->fd < 0) open_connection(c);
    for (size_t at = 0; at < request_bytes;) {
        ssize_t n = write(c->fd, request + at, request_bytes - at);
        if (n <= 0) return; /* the read side sees the hang-up and counts it */
        at += (size_t)n;
    }
}

static void close_connection(connection *c) {
    close(c->fd);
    c->fd = -1;
}

static void failed(connection *c, const char *why) {
    if (!errors++) fprintf(stderr, "load: %s: %.*s\n", why, (int)(c->used < 600 ? c->used : 600), c->in);
    c->busy = false;
    done++;
    close_connection(c);
    start_request(c);
}

/* Where the first token of a streamed or whole answer stands: a "content" that is not empty (0 = not yet). */
static bool has_content(const char *text) {
    for (const char *at = text; (at = strstr(at, "\"content\":")); at += 10) {
        const char *value = at + 10;
        while (*value == ' ') value++;
        if (value[0] == '"' && value[1] && value[1] != '"') return true;
    }
    return false;
}

static void record(connection *c, uint64_t now) {
    if (now < record_from_ns || (!wanted && now > stop_ns)) return;
    if (recorded == capacity) {
        capacity = capacity ? 2 * capacity : 65536;
        latencies = realloc(latencies, capacity * sizeof *latencies);
        first_tokens = realloc(first_tokens, capacity * sizeof *first_tokens);
        if (!latencies || !first_tokens) die("load: memory");
    }
    latencies[recorded] = (double)(now - c->started_ns) / 1000.0;
    first_tokens[recorded++] = c->first_token_ns ? (double)(c->first_token_ns - c->started_ns) / 1000.0 : 0.0;
    char *usage = NULL;
    for (char *at = c->in; (at = strstr(at, "\"completion_tokens\":")); at += 20) usage = at + 20;
    if (usage) tokens += strtol(usage, NULL, 10);
    last_done_ns = now;
}

static void finished(connection *c, uint64_t now) {
    if (strncmp(c->in, "HTTP/1.1 200", 12)) { failed(c, "not a 200"); return; }
    if (!strstr(c->in + c->body, expected)) { failed(c, "answer without the expected text"); return; }
    record(c, now);
    done++;
    c->busy = false;
    if (reconnect || strcasestr(c->in, "\r\nconnection: close")) close_connection(c);
    start_request(c);
}

/* 1 when the answer is whole, 0 when more is to come, -1 when it is not HTTP. */
static int whole(connection *c) {
    if (!c->body) {
        char *end = strstr(c->in, "\r\n\r\n");
        if (!end) return 0;
        c->body = c->scanned = (size_t)(end - c->in) + 4;
        char *length = strcasestr(c->in, "\r\ncontent-length:");
        c->length = length && length < end ? strtol(length + 17, NULL, 10) : -1;
    }
    if (c->length >= 0) return c->used - c->body >= (size_t)c->length;
    for (;;) { /* c->scanned stands at a chunk's size line */
        char *line = c->in + c->scanned, *end = strstr(line, "\r\n"), *rest;
        if (!end) return 0;
        unsigned long size = strtoul(line, &rest, 16);
        if (rest == line) return -1;
        size_t next = (size_t)(end - c->in) + 2 + size + 2;
        if (next > c->used) return 0;
        if (!size) return 1;
        c->scanned = next;
    }
}

static void read_from(connection *c) {
    ssize_t n = recv(c->fd, c->in + c->used, ANSWER_BYTES - 1 - c->used, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) {
        if (c->busy) failed(c, c->used < ANSWER_BYTES - 1 ? "connection closed in the middle" : "answer too long");
        else close_connection(c);
        return;
    }
    uint64_t now = now_ns();
    c->used += (size_t)n;
    c->in[c->used] = 0;
    int state = whole(c);
    if (c->body && !c->first_token_ns && has_content(c->in + c->body)) c->first_token_ns = now;
    if (state < 0) failed(c, "not HTTP");
    else if (state) finished(c, now);
}

static char *read_file(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    char *text = calloc(1, 1 << 20);
    if (!file || !text) die(path);
    *length = fread(text, 1, (1 << 20) - 1, file);
    fclose(file);
    return text;
}

static void build_request(const char *path, const char *body_path, const char *headers) {
    size_t length = 0;
    char *body = read_file(body_path, &length);
    int n = asprintf(&request, "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\n%sContent-Length: %zu\r\n\r\n%s",
                     path, port, headers, length, body);
    if (n < 0) die("load: memory");
    request_bytes = (size_t)n;
    free(body);
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_percentiles(const char *name, double *values) {
    qsort(values, recorded, sizeof *values, ascending);
    printf(", \"%s\": {", name);
    const double ranks[] = {0.5, 0.9, 0.99, 1.0};
    const char *const names[] = {"p50", "p90", "p99", "max"};
    for (int i = 0; i < 4; i++) {
        size_t at = recorded ? (size_t)(ranks[i] * (double)(recorded - 1) + 0.5) : 0;
        printf("%s\"%s\": %.1f", i ? ", " : "", names[i], recorded ? values[at] : 0.0);
    }
    printf("}");
}

int main(int argc, char **argv) {
    const char *path = "/", *body = NULL;
    double seconds = 0, warm_up = 0;
    char headers[4096] = "";
    for (int option; (option = getopt(argc, argv, "p:c:t:w:n:u:b:H:e:r")) != -1;) {
        switch (option) {
        case 'p': port = atoi(optarg); break;
        case 'c': connections = atoi(optarg); break;
        case 't': seconds = atof(optarg); break;
        case 'w': warm_up = atof(optarg); break;
        case 'n': wanted = atol(optarg); break;
        case 'u': path = optarg; break;
        case 'b': body = optarg; break;
        case 'e': expected = optarg; break;
        case 'r': reconnect = true; break;
        case 'H':
            if (strlen(headers) + strlen(optarg) + 3 > sizeof headers) return 2;
            strcat(strcat(headers, optarg), "\r\n");
            break;
        default: return 2;
        }
    }
    if (!port || !body || connections < 1 || (seconds > 0) == (wanted > 0)) {
        fprintf(stderr, "usage: load -p PORT -c CONNECTIONS (-t SECONDS [-w SECONDS] | -n REQUESTS) -u PATH -b FILE\n");
        return 2;
    }
    build_request(path, body, headers);
    poller = epoll_create1(0);
    connection *all = calloc((size_t)connections, sizeof *all);
    if (!all) die("load: memory");
    record_from_ns = now_ns() + (uint64_t)(warm_up * 1e9);
    stop_ns = record_from_ns + (uint64_t)(seconds * 1e9);
    for (int i = 0; i < connections; i++) {
        all[i].fd = -1;
        if (!(all[i].in = malloc(ANSWER_BYTES))) die("load: memory");
        start_request(&all[i]);
    }
    while (wanted ? done < wanted : now_ns() < stop_ns) {
        struct epoll_event ready[64];
        int n = epoll_wait(poller, ready, 64, 50);
        for (int i = 0; i < n; i++) read_from(ready[i].data.ptr);
        for (int i = 0; !n && i < connections; i++)
            if (all[i].busy && now_ns() - all[i].started_ns > STALLED_NS) failed(&all[i], "stalled");
    }
    uint64_t end_ns = wanted ? last_done_ns : stop_ns;
    double lasted = end_ns > record_from_ns ? (double)(end_ns - record_from_ns) / 1e9 : 0.0;
    printf("{\"requests\": %zu, \"errors\": %ld, \"seconds\": %.6f, \"completion_tokens\": %ld", recorded, errors, lasted, tokens);
    print_percentiles("latency_us", latencies);
    print_percentiles("first_token_us", first_tokens);
    printf("}\n");
    return 0;
}
