// What jemalloc reads at its start, before main; see its manual. The environment's MALLOC_CONF
// wins.
//
// A count of a million stations is hundreds of megabytes that reports touch at random: on pages of
// 4 KB every touch first searches the page tables, twice over in a virtual machine. Large pages
// hold what is freed for longer, so that is given back after 0.2 seconds instead of ten, and
// processors share less. A thread of jemalloc's gives it back: without one only calls of malloc do,
// and a service that is idle after a flood makes none.
extern "C" {
extern const char* malloc_conf;  // jemalloc's name
const char* malloc_conf =
    "thp:always,percpu_arena:percpu,background_thread:true,dirty_decay_ms:200";
}
