//! What begins a command on a machine, follows it and takes its result away, for any POSIX shell. Each job
//! has a folder:
//!
//! | file | what |
//! |---|---|
//! | `name` | what it does |
//! | `owner` | which run of the provider began it |
//! | `boot` | in which boot of the machine |
//! | `lock` | locked by the job and by all that it started, as long as any of it runs |
//! | `out`, `err` | what it printed, 8 MiB of it; below `/run` where it had an input, which may be secret |
//! | `code` | its exit code: it has ended |
//!
//! A job whose lock is free and that has no `code` was broken off: by a reboot where `boot` is another one.

/// What [`BEGIN`] and [`FOLLOW`] print first: the record separator, this word, and the state.
pub(super) const REPORT: &str = "\u{1e}job ";

/// What both begin with. `$1` is the folder of the jobs, `$2` that of what must not be on a disk, `$3` the
/// job's id, `$4` its owner, `$5` how many seconds to wait for news.
///
/// `state` says of the job in a folder whether it runs, has ended or was broken off. The lock is tried first:
/// a job that ends writes its code before it lets go of the lock. `discard` takes a folder away at once, so
/// that nobody who looks at jobs meanwhile sees a half of it.
macro_rules! common {
    () => {
        r#"
set -u
base=$1 run=$2 id=$3 owner=$4 wait=$5
job=$base/$id
report() { printf '\036job %s\n' "$*"; }
text() { cat "$1" 2>/dev/null; }
state() {
    if flock -n -s "$1/lock" true 2>/dev/null; then
        if [ -e "$1/code" ]; then echo ended; else echo broken; fi
    elif [ -e "$1/code" ]; then echo ended
    elif [ -d "$1" ]; then echo running
    else echo gone
    fi
}
discard() { [ ! -e "$1" ] || mv "$1" "$base/.gone"; rm -rf "$base/.gone"; }
"#
    };
}

/// Waits for news of the job, and prints them with what the job printed so far.
macro_rules! follow {
    () => {
        r#"
flock -s -w "$wait" "$job/lock" true 2>/dev/null
said=$job
[ ! -d "$run/$id" ] || said=$run/$id
case $(state "$job") in
    ended) report ended "$(text "$job/code")"; text "$said/out"; text "$said/err" >&2 ;;
    running) report running; tail -n 3 "$said/out" 2>/dev/null | tail -c 2000 ;;
    broken)
        if [ "$(text "$job/boot")" = "$(text /proc/sys/kernel/random/boot_id)" ]; then report broken killed
        else report broken rebooted
        fi
        text "$said/out"; text "$said/err" >&2 ;;
    *) report gone ;;
esac
exit 0
"#
    };
}

/// Begins a job, unless it was begun, and follows it. `$6` is how long ago, in seconds, this run of the
/// provider began, `$7` the job's own time limit, `$8` its name, `$9` the length of what comes on stdin (`-`
/// where nothing does), the rest the command. Where a job of another run goes on, whatever it does, that one
/// is waited for instead; the same where it was this very job and ended after the run began, as nobody can
/// have seen that yet.
///
/// One that begins a job at a time has the folder itself as its lock.
pub(super) const BEGIN: &str = concat!(
    common!(),
    r#"
since=$6 limit=$7 name=$8 length=$9
shift 9
mask=$(umask)
umask 077
input=/dev/null
# Whoever ends the last job removes the folders, also in the middle of this.
if [ "$length" != - ]; then
    input=$run/$id.$$
    place() { mkdir -p "$run" && chmod 700 "$run" && true >"$input"; }
    place 2>/dev/null || place || exit
    cat >"$input"
    if [ "$(wc -c <"$input")" -ne "$length" ]; then
        rm -f "$input"
        echo "what was sent to the machine broke off" >&2
        exit 1
    fi
fi
leave() { [ "$input" = /dev/null ] || rm -f "$input"; exit "$1"; }
hold() { mkdir -p "$base" && chmod 700 "$base" && command exec 8<"$base"; }
tries=0
while :; do
    if hold 2>/dev/null; then
        flock -w 30 8 || { echo "others begin jobs in $base all the time" >&2; leave 1; }
        [ "$(stat -c %i "$base" 2>/dev/null)" != "$(stat -L -c %i /proc/self/fd/8)" ] || break
    fi
    tries=$((tries + 1))
    [ "$tries" -lt 20 ] || { hold; leave 1; }
done
if [ "$(text "$job/owner")" != "$owner" ]; then
    for other in "$base"/*/; do
        other=${other%/}
        [ -e "$other/owner" ] && [ "$(text "$other/owner")" != "$owner" ] || continue
        case $(state "$other") in
            running)
                exec 8<&-
                flock -s -w "$wait" "$other/lock" true
                report busy "$(text "$other/name")"
                leave 0 ;;
            # No run comes back for it after a day. One that was broken off may be repaired later.
            ended) [ -z "$(find "$other" -maxdepth 0 -mmin +1440)" ] || discard "$other" ;;
            broken) [ -z "$(find "$other" -maxdepth 0 -mmin +43200)" ] || discard "$other" ;;
        esac
    done
    if [ -e "$job/code" ] && [ $(($(date +%s) - $(stat -c %Y "$job/code"))) -le "$since" ]; then
        discard "$job"
        rm -rf "$run/$id"
        report busy "$name"
        leave 0
    fi
    discard "$job"
    rm -rf "$run/$id" "$base/.new"
    mkdir "$base/.new" || leave 1
    said=$job
    if [ "$length" != - ]; then
        said=$run/$id
        mkdir "$said" || leave 1
    fi
    printf %s "$owner" >"$base/.new/owner"
    printf %s "$name" >"$base/.new/name"
    cat /proc/sys/kernel/random/boot_id >"$base/.new/boot"
    # Whoever reads the jobs meanwhile finds none that is not locked yet, and cannot be first to lock it.
    exec 9>"$base/.new/lock"
    flock -n 9 && mv "$base/.new" "$job" || leave 1
    setsid sh -c '
        job=$1 said=$2 mask=$3 limit=$4 input=$5
        shift 5
        cd /
        exec <"$input"
        [ "$input" = /dev/null ] || rm -f "$input"
        keep() { head -c 8388608 >"$1"; exec cat >/dev/null; }
        {
            {
                (umask "$mask"; exec timeout -k 10 "$limit" "$@") 2>&3 3>&-
                echo "$?" >"$job/code.new"
                mv "$job/code.new" "$job/code"
            } | keep "$said/out" 3>&-
        } 3>&1 | keep "$said/err"
    ' sh "$job" "$said" "$mask" "$limit" "$input" "$@" </dev/null >/dev/null 2>&1 8<&- &
    exec 9>&-
elif [ "$input" != /dev/null ]; then
    rm -f "$input"
fi
exec 8<&-
"#,
    follow!()
);

/// Follows a job that was begun.
pub(super) const FOLLOW: &str = concat!(common!(), follow!());

/// Takes a job's folder away, and the folder of the jobs where nothing else is in it. Where `$6` is `keep`,
/// one that was broken off stays as nobody's, for whoever repairs what it left.
pub(super) const CLEAR: &str = concat!(
    common!(),
    r#"
exec 8<"$base" && flock -w "$wait" 8 || exit
if [ "$(text "$job/owner")" = "$owner" ]; then
    rm -rf "$run/$id"
    if [ "${6-}" = keep ]; then printf %s - >"$job/owner"; else discard "$job"; fi
fi
rm -rf "$base/.new" "$base/.gone"
rmdir "$run" "$base" 2>/dev/null
exit 0
"#
);
