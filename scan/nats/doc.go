// Package nats has queues and blobs for package scan on NATS JetStream.
//
//	conn, err := nats.Connect(url, nats.MaxReconnects(-1))
//	js, err := jetstream.New(conn)
//	requests, err := reevenats.NewQueue(ctx, js, "requests", nil)
//	blobs, err := reevenats.NewBlobs(ctx, js, "results", nil)
//
// The server has version 2.11 or newer.
//
// # What JetStream cannot do, and what is done about it
//
// It has a lease, the AckWait of a consumer, but lets anybody settle a message who ever had it: when a worker's lease has ended and another works on the message, the
// first one's ack removes it. So acks decide nothing here. What becomes of a message is written into a ledger first, in place of the note that the writer knows to be the newest; the
// server takes that from one alone. Then the message is deleted. Who has lost a message gets [scan.ErrLeaseLost], and who is killed in between has decided
// all the same: to whom the message is delivered next sees to the rest.
//
// Should a message vanish under who works on it, because some other program acks or purges, the job still decides: the replies that were sent are good, he loses the
// message when he extends his lease, and the job's clocks have it asked again.
//
//   - A lease is of any length, for each message: it is a negative ack with a delay, which hides the message from everybody. One that is received by a program that ends at once is hidden
//     for [Options.Hidden].
//   - A key that is in the queue is left out, for however long it has been there: each key has a subject of its own.
//   - A delay is kept by receivers: who is delivered a message too early hides it for the rest of the time, by the server's clock as it was when the queue was opened. That is no attempt.
//   - Numbers are not exact: the server does not tell what is held from what was given back. See [Queue.Stats]. Nor is what waits: see [Queue.Waiting].
//   - A consumer that is reset counts deliveries anew, and has two workers on one message. One of them settles it.
//   - A message that was settled by a program that was killed in the middle can be received again when nobody received anything until five minutes after its lease. Then its job
//     knows it.
//   - Nothing is thrown away at the server's own limit of deliveries, for there is none. [Options.Tries] is looked at when a message is received, so that what is past it is among the dead
//     whoever was killed.
//
// # What is made on the server
//
// A queue "requests" is two streams and a consumer. They are made when they are not there, so a host can make them with other limits first:
//
//	requests         work queue, subjects requests.todo.*, discards new messages when it is full
//	requests/workers pull consumer, explicit acks, AckWait as Hidden says, no limit of deliveries nor of messages that are not acked
//	requests_ledger  subjects requests.note.* and requests.dead.*, one message a subject, messages with a time to live
//
// The last part of a subject is the key in base64 (URL encoding), of a note the number of the message and when it came. Notes go by themselves, five minutes after their lease.
// Blobs of a bucket are an object store, the stream OBJ_bucket, which other programs can read. Among the chunks is one, of no object, that says when a program looked last for
// what was left half written. All of it is as durable as its stream: give a cluster three replicas.
// Reads go to the leader of a stream, so that what was written is seen: a replicated stream must not allow direct reads.
//
// What somebody deletes under a running program is made again by the first call that finds it gone, after a second; that call fails and says what was lost. With a consumer that is who
// has what: all messages are handed out again, from the first attempt. With the stream it is what waited: jobs have it asked again when their clocks run out. What is made here begins to count at
// the time of day in microseconds, so that the number of a message that was lost is never another's; who makes streams himself again gives them a higher first number (first_seq), too.
//
// While a cluster has no leader calls fail, and what was accepted is not lost. A lease that was just given or extended can end early, after Hidden or the lease before, if the leader of the consumer
// fails at that moment. An Ack of which the answer is lost may have been done: call it again.
//
// A message costs one request to send (many are under way at a time), one to receive and one for its lease, and two to ack; when it is delivered again two more to receive. To extend a
// lease takes three, and one of them brings the body.
//
// To put a new blob takes one request for each chunk and one for its name; one that is there takes three more. To read it takes one for its name and one for each chunk.
//
// # Limits and permissions
//
// A stream that is full refuses what is sent, and throws nothing away. To settle a message takes some bytes in the ledger: keep MaxBytes so far below what the
// account and the server have that there is always room for these. Without it Ack, Extend, Retry, Bury and Withdraw fail and say so, the message stays whose it is, and
// all goes on when limits are higher or something else was deleted.
//
// A message is no larger than the server's max_payload, less 16 KiB. What is larger belongs into blobs, as results are.
//
// A program that receives publishes to requests.note.*, requests.dead.*, $JS.ACK.requests.workers.> and $JS.API.CONSUMER.MSG.NEXT.requests.workers, and uses
// STREAM.INFO, CONSUMER.INFO, STREAM.MSG.GET and STREAM.MSG.DELETE of $JS.API for the two streams. One that sends publishes to requests.todo.*; to withdraw takes
// publishing to requests.note.*, and with the list of what waits STREAM.INFO, STREAM.MSG.GET and STREAM.MSG.DELETE. Whoever may receive can read all that waits, and settle
// it: agents that are not trusted do not belong here. Blobs take publishing to $O.bucket.> and STREAM.INFO, STREAM.MSG.GET, STREAM.MSG.DELETE and STREAM.PURGE
// for OBJ_bucket. To make what is not there takes STREAM.CREATE, CONSUMER.CREATE and STREAM.PURGE of the ledger, too.
package nats
