/*
 * A load generator that looks for answers without ever going to sleep (LD_PRELOAD).
 *
 * A server pays for each wake-up of a client on the same machine: on a virtual machine 2 to 3 us,
 * which over a real network nobody pays. The slower a route, the more often its client has slept:
 * left in, the wake-ups would count as a part of what the check of a token costs.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <time.h>

static long long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

int epoll_wait(int epoll, struct epoll_event *events, int most, int timeout) {
    static int (*look)(int, struct epoll_event *, int, int);
    if (look == NULL) {
        look = (int (*)(int, struct epoll_event *, int, int))dlsym(RTLD_NEXT, "epoll_wait");
    }
    long long start = now_ms();
    int found;
    do {
        found = look(epoll, events, most, 0);
    } while (found == 0 && (timeout < 0 || now_ms() - start < timeout));
    return found;
}
