// Package remote lets agents of package scan work from afar, over HTTP and TLS, without a way to the store, the queues or the blobs. A [Server] stands before
// these; a [Client] gives an agent its workplace.
//
//	server, err := remote.NewServer(office, nil) // where the manager is
//	site := server.HTTP(&tls.Config{Certificates: ours})
//	site.Addr = ":8443"
//	go site.ListenAndServeTLS("", "")
//	token, err := server.Enrol(ctx, "agent-7", 10*time.Minute)
//
//	client, err := remote.Dial(ctx, "https://scans.example.org:8443", token, &remote.DialOptions{TLS: &tls.Config{RootCAs: roots}}) // where the agent is
//	agent, err := scan.NewAgent(client.Name(), client.Workplace(opener, scanners), nil)
//	err = agent.Run(ctx)
//
// # Who is admitted
//
// A token is good once, for a short time, under one name. The agent makes a key and shows the token with a proof that it has the key; of two that show one token
// one is admitted, and the other is told. Who shows it again with the same key is answered again, as the answer may have been lost. What it gets is a credential:
// short-lived, renewed with the credential and another proof when half of its time is over, so that a credential alone that somebody got hold of comes
// to its end. [Server.Revoke] ends them all at once; a call that is being answered at that moment may come to its end, but what it puts does not count. A new enrolment under the name does when it is used. The store keeps digests of secrets only. All times are spans
// or the store's, so an agent's clock may be wrong; only whether the server's certificate is valid by now goes by the Time of the agent's [tls.Config].
//
// # What is said
//
// Bodies are JSON, times are spans in nanoseconds, binary values are base64. Every call but the first shows its credential as a bearer token.
//
//	POST /v1/enrol                    {token, key, proof}         a credential: {name, instance, credential, for}
//	POST /v1/renew                    {proof}                     the same
//	POST /v1/receive                  {operation, most, lease}    waits; {waited, deliveries: [{id, key, body, attempt, left}]}
//	POST /v1/deliveries/{id}/extend   {operation, lease}          {left}
//	POST /v1/deliveries/{id}/ack      {operation}                 {}; also retry with {after}, and bury with {reason}
//	POST /v1/progress                 {progress: […]}             {directives: […]}, see [scan.Desk]
//	POST /v1/beat                     a [scan.Beat]               {order}
//	POST /v1/replies?key=&delay=      a [scan.Reply]              {}
//	GET  /v1/uploads/{digest}                                     how far the upload is: {offset}
//	PUT  /v1/uploads/{digest}?offset=&size=   at most 1 MiB       {offset, kept}; the digest of the part is in the header Reeve-Digest
//	GET  /v1/blobs/{digest}                                       the bytes
//
// The key is an Ed25519 public key. A proof is its signature of "reeve enrol 1", a newline and the token, or of "reeve renew 1", a newline and the credential.
// What is not done is said with a status and {code, text}: see [Code]. Who asks for too much is told after what time another try can be of use, in {after} and, in
// whole seconds, in the header Retry-After; a client obeys. An operation is a random text that the agent makes up; a call that is made again, because its answer
// was lost, has the same, and is answered as before, so that a connection may be cut anywhere. A blob comes in parts, each with its digest; after a cut the agent asks how far it is. When all
// is there it is kept if it has the digest that it is named after, and else begins anew. No body may be compressed, and each has its length.
//
// # What an agent can do, and what it cannot
//
// Whoever has the credential of an agent can, until its end: take requests from the queue, as many at once as [Options] say, and read what they and the results say that they
// name; hold them for as long as it extends them, give them back, ack or bury them; say anything about those requests, also what is not true; and put as many bytes as
// are allowed for them. A job defends itself by its own clocks and epochs.
//
// It cannot see what others were given, nor settle, extend or report it, nor reply for it; it finds out neither whether there is a delivery, an upload or a blob of others,
// nor what agents there are. It cannot speak under another name. It cannot read blobs, but those that it has put and those that its own requests name, nor
// claim one as a result that it has neither put nor was told of. It cannot send requests, receive replies, list or delete. It cannot hide a request for more than an hour at a time, keep a connection
// open by sending slowly, or have more polls, calls, requests, or bytes than [Options] say. What it may reply is what it was given under its name, also if it has it no
// more: the epoch decides what that is worth. The last thousand requests it was given, and blobs it has put, are remembered for that. For each request there is room for results once, however often it
// takes it. How many replies it sends for a request only its rate bounds.
//
// Each agent has a budget of its own, of calls a second, of calls at once, and of those that the store has to write. An agent that is known here and asks for more is told so
// before anything is asked of the store. Also many of them together keep nobody out: when all places are taken, the agent that has most of them gives one up for
// an agent that has fewer, and its newest call ends as if its connection were cut, whatever it is at. So it is with room for uploads that are under way. Blobs have
// half of the places for themselves, so nobody waits behind them who only has something to say. As many agents as one half has places, each with one call that it
// never ends, could keep others out of it, until the time of these calls is up.
//
// Who has not shown a good credential to this server yet comes in at the expense of all strangers together, and takes no place of an agent. Each address has a little
// of what strangers may do for itself: a flood of them holds up nobody who is known here, and nobody of another address who enrols or comes from another server,
// unless it comes from very many addresses, or networks of IPv6, at once: hundreds, or some ten where the store takes a second for each. Behind a balancer that ends the connections [Options] have to say what an address is. How
// many connections there are, and how many calls to nowhere, is for a balancer or the host's listener to bound.
//
// # More than one server
//
// Any number of servers may stand before one store, one pair of queues and one place of blobs, behind a balancer; credentials and enrolments are good at all of
// them, and survive restarts. What a server holds in its own memory are the deliveries that it gave out, and in its folder the uploads that are under way. So the
// balancer should lead an agent to the same server for as long as it is there: by a cookie, which the client keeps, by its address, or by passing TLS through,
// as a client has one connection. Where it does not, nothing breaks: the other server says that it knows no such delivery, the agent
// drops the request, and it comes again when its lease ends; the upload begins anew. A balancer that ends TLS itself is in the place of the server, and must be trusted.
package remote
