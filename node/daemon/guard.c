#include "node/daemon/guard.h"

#include <link.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

void process_guard(void)
{
    const struct rlimit none = {0, 0};

    (void)prctl(PR_SET_NAME, "terraced", 0, 0, 0); /* also of one that began anew as "exe" */
    (void)umask(077);
    (void)setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__ /* its search for leaks reads this process from another */
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* a core that is piped to a program has no limit */
#endif
}

/* Of what is read only the file is the source, so that nothing is lost. */
static int give_back(struct dl_phdr_info *info, size_t size, void *arg)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

    (void)size;
    (void)arg;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        const uintptr_t begin = (info->dlpi_addr + part->p_vaddr) & ~(page - 1);
        const uintptr_t end = (info->dlpi_addr + part->p_vaddr + part->p_memsz) & ~(page - 1);

        if (part->p_type == PT_LOAD && (part->p_flags & (PF_W | PF_X)) == PF_X && end > begin) {
            (void)madvise((void *)begin, end - begin, MADV_DONTNEED);
        }
    }
    return 0;
}

void process_settle(void)
{
    (void)dl_iterate_phdr(give_back, NULL);
}
