/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every reason the data path can have for what it did with a segment, a request
 * or a fill: one list that is the counter's index, its name in `nfsaccelctl
 * stats --json` ("counters") and the metric's label.
 *
 * X(symbol, name, help)
 */
#ifndef NFSACCEL_VERDICT_H
#define NFSACCEL_VERDICT_H

#define NA_VERDICTS(X)                                                                             \
	/* what came of READ requests */                                                           \
	X(HIT, "hits", "READs answered from the cache")                                            \
	X(HIT_BYTES, "hit_bytes", "file bytes in answered READs")                                  \
	X(MISS_NOENTRY, "miss_no_entry", "READ of a file that is not cached")                      \
	X(MISS_NOBLOCK, "miss_no_block", "file cached, but not all of the asked range")            \
	X(MISS_NOAUTH, "miss_no_auth", "this credential was not yet seen allowed by nfsd")         \
	X(MISS_CRED, "miss_cred", "credential neither AUTH_SYS nor AUTH_NONE, or too long")        \
	X(MISS_EXPIRED, "miss_expired", "entry or authorization older than its lifetime")          \
	X(MISS_VERSION, "miss_version", "guard 1: the inode's version slot has moved")             \
	X(MISS_INODE, "miss_inode", "guard 2: the live inode differs from the snapshot")           \
	X(MISS_EPOCH, "miss_epoch", "exports, client or group caches changed since")               \
	X(MISS_COUNT, "miss_count", "READ arguments nfsd might cap or refuse")                     \
	X(MISS_BIG, "miss_big", "reply needs more packets than allowed")                           \
	X(MISS_ALIVE, "miss_alive", "passed so that nfsd and the firewall see the connection")     \
	X(MISS_MODE, "miss_mode", "answering is switched off")                                     \
	X(MISS_SHADOW, "miss_shadow", "could be answered, but nfsd's reply is to be compared")     \
	/* why a segment that could have been answered was passed */                               \
	X(PASS_UNSYNC, "pass_unsync", "record boundary of either stream not known")                \
	X(PASS_EGRESS_BUSY, "pass_egress_busy", "server's stream is inside a record")              \
	X(PASS_FIFO, "pass_fifo", "too many unacknowledged replies")                               \
	X(PASS_WINDOW, "pass_window", "no room in the client's window or the headroom")            \
	X(PASS_CWND, "pass_cwnd", "no room in the congestion allowance")                           \
	X(PASS_RECOVERY, "pass_recovery", "a lost reply is being resent")                          \
	X(PASS_FLAGS, "pass_flags", "TCP flags, ECN mark or options not for us")                   \
	X(PASS_CSUM, "pass_csum", "checksum wrong, or not to be told")                             \
	X(PASS_SPLIT, "pass_split", "record not whole in its segment, or too much beside it")                    \
	X(PASS_NOTREAD, "pass_not_read", "record that is not an NFSv3 READ call")                  \
	X(PASS_MANY, "pass_many", "more requests in one segment than are answered at once")        \
	X(PASS_TORN, "pass_torn", "entry changed hands while it was being pinned")                 \
	X(PASS_NOFLOW, "pass_no_flow", "connection not tracked")                                   \
	X(PASS_UNPAID, "pass_unpaid", "too few of the connection's calls could be answered so far")  \
	X(PASS_TROUBLE, "pass_trouble", "packets are lost or late, and nfsd answers sooner")                     \
	X(FLOW_FULL, "flow_full", "connection table full")                                         \
	/* limits */                                                                               \
	X(LIMIT_HELD, "limit_held", "packets that were given a later departure")                   \
	X(LIMIT_DROPPED, "limit_dropped", "client segments dropped: policed, or backlog too long") \
	X(LIMIT_CROWDED, "limit_crowded", "clients that had to share a bucket: too many in debt")  \
	X(PASS_LIMIT, "pass_limit", "the client is held back: nfsd answers")                       \
	/* the splice */                                                                           \
	X(FLOW_NEW, "flows_created", "connections tracked")                                        \
	X(FLOW_SPLICED, "flows_spliced", "connections with a first answered request")              \
	X(FLOW_REPLACED, "flows_replaced", "state dropped because the port was reused")            \
	X(FLOW_DOZED, "flows_dozed", "connections left alone for a while: nothing they asked for was cached") \
	X(FLOW_RESET, "flows_reset", "spliced connections reset by us, since we leave")            \
	X(RESET_CLIENT, "resets_by_client", "spliced connections the client reset while open")     \
	X(RESET_SERVER, "resets_by_server", "spliced connections the server reset while open")     \
	X(RESYNC_IN, "resync_in", "client stream's record boundary taken from the socket")         \
	X(RESYNC_OUT, "resync_out", "server stream's record boundary taken from the socket")       \
	X(LOST_IN, "lost_in", "client stream's record boundary lost")                              \
	X(LOST_OUT, "lost_out", "server stream's record boundary lost")                            \
	X(TRANSLATED_IN, "translated_in", "client segments rewritten")                             \
	X(TRANSLATED_OUT, "translated_out", "server segments rewritten")                           \
	X(RESEND, "resends", "replies sent again")                                                 \
	X(RELEASE_ACK, "release_acks", "bare acknowledgements sent to the client")                 \
	X(BARE_ACK, "bare_acks", "bare acknowledgements passed to the server")                     \
	X(SWALLOWED, "swallowed_acks", "acknowledgements of nothing but our own replies")          \
	X(TRIMMED, "trimmed", "segments cut before an answered request or reply")                  \
	X(JOINED, "joined", "segments that a READ was put together from with what the last one kept")  \
	X(DROPPED, "dropped", "segments dropped (repeats of answered requests, DYING flows)")      \
	X(EMIT_FAIL, "emit_fail", "reply packets that could not be sent; resent later")            \
	/* fill */                                                                                 \
	X(FILL_ASKED, "fill_asked", "READ calls noted as fill candidates")                         \
	X(FILL_HOOKED, "fill_hooked", "candidates seen by the nfsd hook and found fit")            \
	X(FILL_DONE, "fills", "entries or blocks filled from nfsd's reply")                        \
	X(FILL_AUTH, "fill_auth", "authorizations learnt from nfsd's reply")                       \
	X(REFUSE_DUPXID, "refuse_dup_xid", "two outstanding calls with one xid")                   \
	X(REFUSE_FSTYPE, "refuse_fs_type", "file system that is not ext4, xfs, btrfs or tmpfs")    \
	X(REFUSE_OFFSET, "refuse_offset", "begins within a page, on tmpfs")                      \
	X(REFUSE_NOTREG, "refuse_not_regular", "not a regular file")                               \
	X(REFUSE_WRITER, "refuse_writer", "open for writing somewhere")                            \
	X(REFUSE_RACY, "refuse_racy", "changed since, or just before, the call came in")                           \
	X(REFUSE_LEASE, "refuse_lease", "a lease other than a plain read delegation")              \
	X(REFUSE_EXPORT, "refuse_export", "export options that cannot be honoured")                \
	X(REFUSE_POLICY, "refuse_policy", "not to be cached by nfsaccel.exports, or not yet known")   \
	X(REFUSE_FANOTIFY, "refuse_fanotify", "fanotify permission marks")                         \
	X(REFUSE_SIZE, "refuse_size", "file larger than max_file")                                 \
	X(REFUSE_LONG, "refuse_long", "reply of more packets than this connection is answered with")   \
	X(REFUSE_REPLY, "refuse_reply", "reply is an error, or differs from what the hook saw")    \
	X(REFUSE_MOVED, "refuse_moved", "changed between the hook and the reply")                  \
	X(REFUSE_SPACE, "refuse_space", "no free block or entry")                                  \
	X(EVICTED, "evicted", "entries that gave way")                                             \
	/* shadow checking */                                                                      \
	X(SHADOW_ASKED, "shadow_asked", "READs left to nfsd that could have been answered")        \
	X(SHADOW_SAME, "shadow_same", "nfsd's reply was what would have been answered")            \
	X(SHADOW_DIFF, "shadow_different", "nfsd's reply was another")                             \
	X(SHADOW_MOVED, "shadow_moved", "not compared: changed meanwhile, evicted, or cut up")     \
	X(SHADOW_NS, "shadow_nfsd_ns", "nanoseconds from those READs to nfsd's replies")           \
	/* invalidation */                                                                         \
	X(BUMP, "bumps", "version slots incremented")                                              \
	X(EPOCH, "epochs", "export epoch incremented")                                             \
	X(ANSWER_SAME, "answers_same", "answers of mountd that changed nothing")                   \
	X(FLUSH, "flushes", "whole cache flushed")                                                 \
	X(RECURSION, "recursion_misses", "skipped runs of hooks (each flushes everything)")        \
	/* events */                                                                               \
	X(EVENT_MUTED, "events_muted", "events not told, since others had just been")              \
	X(EVENT_LOST, "events_lost", "events not told, since nfsacceld did not listen in time")

enum na_verdict {
#define NA_X(sym, name, help) NA_V_##sym,
	NA_VERDICTS(NA_X)
#undef NA_X
		NA_V_MAX
};

#endif
