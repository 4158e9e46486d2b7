/* An OpenAI-compatible upstream that takes a fixed time and costs almost nothing, so that a gateway is what is measured.
 *
 * Does: answer POST .../chat/completions after DELAY microseconds, whole or streamed as the request asks, and any GET at
 * once; one thread, epoll, keep-alive. A streamed answer is 9 pieces (the role, 7 tokens, and the end with [DONE]), each
 * its own HTTP chunk and its own write: all DELAY after the request, or, with PACED = 1, each DELAY after the one before.
 * Does not: check keys, read prompts or speak more HTTP than gateways send (no request bodies in chunks).
 * Try it: cc -O2 -o stub_upstream stub_upstream.c && ./stub_upstream 9000 1000 0
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define REQUEST_BYTES 65536 /* largest request, head and body */
#define EVENTS_AT_ONCE 256

typedef struct connection {
    int fd;
    bool waiting, streamed, with_usage, dead;
    int step;        /* next event of the stream */
    uint64_t due_ns; /* when the next piece leaves */
    struct connection *next;
    size_t used;
    char in[REQUEST_BYTES + 1];
} connection;

static const char WHOLE[] =
    "{\"id\":\"chatcmpl-stub\",\"object\":\"chat.completion\",\"created\":1750000000,\"model\":\"stub\","
    "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"The quick brown fox jumps over it."
    "\"},\"logprobs\":null,\"finish_reason\":\"stop\"}],"
    "\"usage\":{\"prompt_tokens\":12,\"completion_tokens\":7,\"total_tokens\":19}}";
#define CHUNK_HEAD \
    "data: {\"id\":\"chatcmpl-stub\",\"object\":\"chat.completion.chunk\",\"created\":1750000000,\"model\":\"stub\","
#define DELTA(delta, finish) \
    CHUNK_HEAD "\"choices\":[{\"index\":0,\"delta\":{" delta "},\"logprobs\":null,\"finish_reason\":" finish "}]}\n\n"
#define WORD(word) DELTA("\"content\":\"" word "\"", "null")
static const char *const STREAM[] = {
    DELTA("\"role\":\"assistant\",\"content\":\"\"", "null"),
    WORD("The"), WORD(" quick"), WORD(" brown"), WORD(" fox"), WORD(" jumps"), WORD(" over"), WORD(" it."),
};
#define STREAM_LENGTH ((int)(sizeof STREAM / sizeof *STREAM) + 1) /* and the end */
#define FINISH DELTA("", "\"stop\"")
#define USAGE \
    CHUNK_HEAD "\"choices\":[],\"usage\":{\"prompt_tokens\":12,\"completion_tokens\":7,\"total_tokens\":19}}\n\n"
#define DONE "data: [DONE]\n\n"
static const char MODELS[] = "{\"object\":\"list\",\"data\":[{\"id\":\"stub\",\"object\":\"model\",\"created\":1750000000,"
                             "\"owned_by\":\"stub\"}]}";

static int poller;
static uint64_t delay_ns;
static bool paced;
static connection *first_due, *last_due; /* every wait is equally long, so the queue is in order of time */

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void send_whole(connection *c, const char *text, size_t length) {
    /* Answers are a few hundred bytes and a client that waits has an empty socket buffer: a short write is a failure. */
    if (!c->dead && write(c->fd, text, length) != (ssize_t)length) {
        epoll_ctl(poller, EPOLL_CTL_DEL, c->fd, NULL);
        close(c->fd);
        c->dead = true;
    }
}

static void send_json(connection *c, const char *body) {
    char out[2048];
    int n = snprintf(out, sizeof out, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                     strlen(body), body);
    send_whole(c, out, (size_t)n);
}

static void send_event(connection *c) {
    char out[2048];
    const char *end = c->with_usage ? FINISH USAGE DONE : FINISH DONE;
    const char *event = c->step < STREAM_LENGTH - 1 ? STREAM[c->step] : end;
    const char *head = c->step ? "" : "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    const char *tail = c->step == STREAM_LENGTH - 1 ? "0\r\n\r\n" : "";
    int n = snprintf(out, sizeof out, "%s%zx\r\n%s\r\n%s", head, strlen(event), event, tail);
    send_whole(c, out, (size_t)n);
    c->step++;
}

static void wait_in_queue(connection *c) {
    c->waiting = true;
    c->due_ns = now_ns() + delay_ns;
    c->next = NULL;
    if (last_due) last_due->next = c; else first_due = c;
    last_due = c;
}

/* Take one whole request from the buffer, if there is one, and let it wait for its answer. */
static void take_request(connection *c) {
    c->in[c->used] = 0;
    char *end = strstr(c->in, "\r\n\r\n");
    if (!end) return;
    size_t head = (size_t)(end - c->in) + 4, body = 0;
    char *length = strcasestr(c->in, "\r\ncontent-length:");
    if (length && length < end) body = strtoul(length + 17, NULL, 10);
    if (c->used < head + body) return;
    char *text = c->in + head, kept = text[body];
    text[body] = 0;
    bool get = !strncmp(c->in, "GET ", 4);
    c->streamed = strstr(text, "\"stream\":true") || strstr(text, "\"stream\": true");
    c->with_usage = strstr(text, "\"include_usage\":true") || strstr(text, "\"include_usage\": true");
    text[body] = kept;
    c->used -= head + body;
    memmove(c->in, text + body, c->used);
    c->step = 0;
    if (get) send_json(c, MODELS); else wait_in_queue(c);
}

static void answer_due(void) {
    while (first_due && first_due->due_ns <= now_ns()) {
        connection *c = first_due;
        first_due = c->next;
        if (!first_due) last_due = NULL;
        c->waiting = false;
        if (!c->dead && !c->streamed) send_json(c, WHOLE);
        if (!c->dead && c->streamed) {
            do send_event(c); while (!paced && !c->dead && c->step < STREAM_LENGTH);
            if (!c->dead && c->step < STREAM_LENGTH) { wait_in_queue(c); continue; }
        }
        if (c->dead) free(c); else take_request(c);
    }
}

static void read_from(connection *c) {
    ssize_t n = read(c->fd, c->in + c->used, REQUEST_BYTES - c->used);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) {
        close(c->fd);
        c->dead = true;
        if (!c->waiting) free(c);
        return;
    }
    c->used += (size_t)n;
    if (!c->waiting) take_request(c);
    if (c->dead && !c->waiting) free(c);
}

static void accept_all(int listener) {
    for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
        int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        connection *c = calloc(1, sizeof *c);
        if (!c) { close(fd); continue; }
        c->fd = fd;
        epoll_ctl(poller, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = EPOLLIN, .data.ptr = c});
    }
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: stub_upstream PORT DELAY_US PACED(0 or 1)\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    delay_ns = strtoull(argv[2], NULL, 10) * 1000;
    paced = argv[3][0] == '1';
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1]))};
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&here, sizeof here) || listen(listener, 1024)) {
        perror("stub_upstream");
        return 1;
    }
    poller = epoll_create1(0);
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &(struct epoll_event){.events = EPOLLIN, .data.ptr = NULL});
    for (;;) {
        struct epoll_event ready[EVENTS_AT_ONCE];
        uint64_t now = now_ns(), wait = first_due && first_due->due_ns > now ? first_due->due_ns - now : 0;
        struct timespec timeout = {.tv_sec = (time_t)(wait / 1000000000u), .tv_nsec = (long)(wait % 1000000000u)};
        int n = epoll_pwait2(poller, ready, EVENTS_AT_ONCE, first_due ? &timeout : NULL, NULL);
        for (int i = 0; i < n; i++) {
            if (ready[i].data.ptr) read_from(ready[i].data.ptr); else accept_all(listener);
        }
        answer_due();
    }
}
