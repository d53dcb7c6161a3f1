package remote

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/storage"
)

// An Office is what a server brings agents from afar to. All of it is needed.
type Office struct {
	// Requests and Replies are the queues of the manager, Blobs is where results are kept, and Desk, which is the manager, where agents report.
	Requests, Replies scan.Queue
	Blobs             scan.Blobs
	Desk              scan.Desk
	// Records keep who was admitted. Servers that share them, and the queues and blobs, serve the same agents.
	Records storage.Records
	// Staging is a folder of this server alone, where uploads are until they are whole. It is made if it is not there.
	Staging string
}

// Options for [NewServer]. Nil is the same as the zero value.
type Options struct {
	// Name is the kind of the records. Default: scan.remote.
	Name string
	// Credential is how long a credential is good. Agents renew theirs when half of it is over. Default: one hour.
	Credential time.Duration
	// Poll is how long a question for requests waits at most; the queue's own wait may be shorter. Default: 30 seconds.
	Poll time.Duration
	// Patience is how long a body may take to come, and an answer to go. Default: 30 seconds.
	Patience time.Duration
	// Agents is how many may be known at once. Default: 10,000.
	Agents int
	// Width is how many requests one agent may have. Default: 32.
	Width int
	// Rate is how many calls a second one agent may make in the long run, where each 64 KiB of a body count as a call; ten seconds' worth of them
	// may come at once. Default: 100.
	Rate int
	// Replies is how many of these calls may be replies, reports, beats or renewals, each of which the store has to write. Default: 50.
	Replies int
	// Calls is how many calls of all agents are worked on at once, beside those that wait for requests: one half of them to put and read blobs, and the
	// other half all others. When all are taken, the newest call of the agent that has most gives way to an agent that has fewer. Default: 256.
	Calls int
	// Share is how many calls one agent may have going, those that wait for requests included. Default: an eighth of Calls, but at least 8.
	Share int
	// Strangers is how many calls a second all those may make together who have not shown a good credential to this server yet: who enrol, who were with
	// another server before, and who have no business here. Ten seconds' worth may come at once, and 16 are worked on at once. Half of that is kept for
	// the first 256th of it from each address, so that a flood from some addresses does not hold up others. Default: 500.
	Strangers int
	// Address says which address a stranger calls from. An address of IPv6 counts with all others of its /48; what is no address counts as it is. Behind a
	// balancer or proxy that ends the connection all calls come from that: let this read what it writes into a header of its own, and never what a caller can
	// write there, such as the first of several in X-Forwarded-For. It is called by many at once. Nil: the address of the connection.
	Address func(r *http.Request) string
	// Blob is how many bytes one blob may have, Results how many all may that an agent puts for one request, where each counts 16 KiB more than it has.
	// An agent has at most Results of bytes in unfinished uploads, and all together have Staged: when that is used up, uploads of the agent that has most of it
	// end for those of an agent that has less. Default: 512 MiB, 1 GiB and 16 GiB.
	Blob, Results, Staged int64
	// Logger is told of errors that agents are not told of. Nil: [slog.Default].
	Logger *slog.Logger
}

// A Server lets agents work from afar, over HTTP: it is an [http.Handler]. Whoever they are, and whatever they send, each can do only what [package
// documentation] says. It is safe for concurrent use, has no goroutines of its own, and needs no end.
//
// [package documentation]: https://pkg.go.dev/github.com/reeve-go/reeve/scan/remote
type Server struct {
	Office

	o         Options
	log       *slog.Logger
	mux       *http.ServeMux
	books     *books
	held      *cloakroom
	polls     *polls
	faces     *faces
	pace      *pace
	strangers *strangers
	staging   *staging

	// words are the places of those who say something, which is short, and loads of those who put and read blobs.
	words, loads *places
}

// NewServer returns a server. What was left in the staging folder by one before it is taken on.
func NewServer(office Office, o *Options) (*Server, error) {
	s := &Server{Office: office}
	if o != nil {
		s.o = *o
	}
	s.o.fill()
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("remote: %w", err)
	}
	s.log = s.o.Logger
	s.words, s.loads = newPlaces(s.o.Calls-s.o.Calls/2), newPlaces(max(1, s.o.Calls/2))
	s.books = &books{records: office.Records, kind: s.o.Name, most: s.o.Agents}
	s.held = newCloakroom()
	s.polls = newPolls()
	s.faces = newFaces(s.o.Credential)
	s.pace = newPace(budget{float64(s.o.Rate), float64(s.o.Replies), s.o.Share})
	s.strangers = newStrangers(s.o.Strangers, s.o.Address)
	var err error
	if s.staging, err = openStaging(office.Staging, s.o.Results, s.o.Staged); err != nil {
		return nil, fmt.Errorf("remote: the staging folder: %w", err)
	}
	s.mux = s.routes()
	return s, nil
}

func (o *Options) fill() {
	o.Name = cmp.Or(o.Name, "scan.remote")
	o.Credential = cmp.Or(o.Credential, time.Hour)
	o.Poll = cmp.Or(o.Poll, 30*time.Second)
	o.Patience = cmp.Or(o.Patience, 30*time.Second)
	o.Agents = cmp.Or(o.Agents, 10_000)
	o.Width = cmp.Or(o.Width, 32)
	o.Rate = cmp.Or(o.Rate, 100)
	o.Replies = cmp.Or(o.Replies, 50)
	o.Calls = cmp.Or(o.Calls, 256)
	o.Share = cmp.Or(o.Share, max(o.Calls/8, 8))
	o.Strangers = cmp.Or(o.Strangers, 500)
	o.Blob = cmp.Or(o.Blob, 512<<20)
	o.Results = cmp.Or(o.Results, max(1<<30, o.Blob))
	o.Staged = cmp.Or(o.Staged, max(16<<30, o.Results))
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
}

func (s *Server) check() error {
	o := &s.o
	switch {
	case s.Requests == nil || s.Replies == nil || s.Blobs == nil || s.Desk == nil || s.Records == nil || s.Staging == "":
		return errors.New("something of the office is missing; two queues, blobs, a desk, records and a staging folder are needed")
	case len(o.Name) > storage.MaxName:
		return fmt.Errorf("the name has %d bytes; at most %d are right", len(o.Name), storage.MaxName)
	case o.Credential < time.Second || o.Poll < time.Millisecond || o.Poll > time.Minute || o.Patience < time.Second || o.Patience > 10*time.Minute:
		return fmt.Errorf("credentials for %v, polls of %v and a patience of %v; a second or more, up to a minute, and a second to ten minutes are right",
			o.Credential, o.Poll, o.Patience)
	case min(o.Agents, o.Width, o.Rate, o.Replies, o.Calls, o.Share, o.Strangers) < 1:
		return errors.New("a number is negative; zero means the default")
	case o.Blob < 1 || o.Results < o.Blob || o.Staged < o.Results:
		return fmt.Errorf("a blob of %d bytes, results of %d and %d staged; none may be smaller than the one before", o.Blob, o.Results, o.Staged)
	}
	return nil
}

// HTTP returns an [http.Server] for this server, whose limits keep out who sends a header slowly or a large one. It serves TLS 1.3 with the host's certificates;
// begin it with ServeTLS or ListenAndServeTLS, and empty names of files. A nil config is for a server that only a balancer on the same machine reaches.
func (s *Server) HTTP(config *tls.Config) *http.Server {
	if config != nil {
		config = config.Clone()
		config.MinVersion = max(config.MinVersion, tls.VersionTLS13)
	}
	return &http.Server{
		Handler: s, TLSConfig: config, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 8 << 10,
		HTTP2: &http.HTTP2Config{MaxConcurrentStreams: 64, SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second},
	}
}

// routes is the table of the endpoints.
func (s *Server) routes() *http.ServeMux {
	m := http.NewServeMux()
	m.Handle("POST /v1/enrol", s.public(s.enrol))
	for pattern, e := range map[string]struct {
		said float64
		in   *places
		do   func(c *call) (any, error)
	}{
		"POST /v1/renew":                  {1, s.words, s.renew},
		"POST /v1/progress":               {1, s.words, s.progress},
		"POST /v1/beat":                   {1, s.words, s.beat},
		"POST /v1/replies":                {1, s.words, s.reply},
		"POST /v1/receive":                {0, s.words, s.receive},
		"POST /v1/deliveries/{id}/{what}": {0, s.words, s.settle},
		"GET /v1/uploads/{digest}":        {0, s.loads, s.uploadedSoFar},
		"PUT /v1/uploads/{digest}":        {0, s.loads, s.upload},
		"GET /v1/blobs/{digest}":          {0, s.loads, s.blob},
	} {
		m.Handle(pattern, s.admitted(e.said, e.in, e.do))
	}
	return m
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength != 0 { // also for who only throws the body away; a writer that cannot is a test's
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(s.o.Patience))
	}
	if _, pattern := s.mux.Handler(r); pattern == "" || r.URL.Path != path.Clean(r.URL.Path) {
		(&call{server: s, w: w, r: r}).answer(nil, refuse(http.StatusNotFound, CodeNotFound, "there is no such endpoint, or not with this method"))
		return
	}
	s.mux.ServeHTTP(w, r)
}

// lastly returns a context for what is to be done although the caller may be gone.
func lastly(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
}
