/* What a service manager hears, over a real datagram socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "node/daemon/notify.h"
#include "proto/status.h"

static int listen_at(struct sockaddr_un *address, socklen_t size)
{
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)address, size), 0);
    return fd;
}

static void expect_ready(int fd)
{
    char heard[64] = "";

    notify_manager("READY=1");
    assert_int_equal(recv(fd, heard, sizeof heard - 1, 0), 7);
    assert_string_equal(heard, "READY=1");
    (void)close(fd);
}

static void a_manager_at_a_path_hears_it(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char directory[] = "/tmp/terrace-notify-XXXXXX";

    (void)state;
    assert_non_null(mkdtemp(directory));
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s/socket", directory);
    assert_int_equal(setenv("NOTIFY_SOCKET", address.sun_path, 1), 0);
    expect_ready(listen_at(&address, sizeof address));
    (void)unlink(address.sun_path);
    (void)rmdir(directory);
}

static void a_manager_at_an_abstract_name_hears_it(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char name[64];
    int size;

    (void)state;
    size = snprintf(name, sizeof name, "@terrace-notify-%ld", (long)getpid());
    memcpy(address.sun_path, name, (size_t)size);
    address.sun_path[0] = '\0';
    assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
    expect_ready(
        listen_at(&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)size)));
}

static void without_a_manager_nothing_happens(void **state)
{
    static const char *const useless[] = {"", "@", "relative/path", "/nowhere/at/all"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(useless); i++) {
        assert_int_equal(setenv("NOTIFY_SOCKET", useless[i], 1), 0);
        notify_manager("READY=1");
    }
    assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
    notify_manager("READY=1");
}

static void the_watchdog_is_fed_twice_in_its_time(void **state)
{
    char pid[24];

    (void)state;
    (void)unsetenv("WATCHDOG_PID");
    (void)unsetenv("WATCHDOG_USEC");
    assert_int_equal(notify_watchdog_ms(), 0);
    assert_int_equal(setenv("WATCHDOG_USEC", "30000000", 1), 0);
    assert_int_equal(notify_watchdog_ms(), 15000);
    assert_int_equal(setenv("WATCHDOG_PID", "1", 1), 0); /* meant for another process */
    assert_int_equal(notify_watchdog_ms(), 0);
    (void)snprintf(pid, sizeof pid, "%ld", (long)getpid());
    assert_int_equal(setenv("WATCHDOG_PID", pid, 1), 0);
    assert_int_equal(notify_watchdog_ms(), 15000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_manager_at_a_path_hears_it),
        cmocka_unit_test(a_manager_at_an_abstract_name_hears_it),
        cmocka_unit_test(without_a_manager_nothing_happens),
        cmocka_unit_test(the_watchdog_is_fed_twice_in_its_time),
    };

    return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
