package awstest

import (
	"maps"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Options for [New]. Nil is the same as the zero value.
type Options struct {
	// Fault says of each request what goes wrong with it. Nil: nothing does. It may be called by several goroutines.
	Fault func(Call) Fault
	// Shuffled: queues hand out their messages in any order.
	Shuffled bool
	// InFlight is how many messages of one queue may be in flight. Default: 120,000.
	InFlight int
	// Now is the clock of S3, which tells times in whole seconds. Default: time.Now. That of SQS is the process's.
	Now func() time.Time
}

// Region is where a cloud is.
const Region = "us-east-1"

// What requests have to be signed with.
const (
	accessKey = "AKIDEXAMPLE"
	secretKey = "an example of a secret"
)

// A Cloud is SQS and S3. It is safe for concurrent use.
type Cloud struct {
	o      Options
	queues queues
	store  store
	door   *door
	client *http.Client
	server *http.Server
	served sync.WaitGroup

	mu    sync.Mutex
	calls map[string]int
}

// New returns a cloud with nothing in it. Close ends it.
func New(o *Options) *Cloud {
	c := &Cloud{calls: map[string]int{}, door: &door{conns: make(chan net.Conn), closed: make(chan struct{})}}
	if o != nil {
		c.o = *o
	}
	if c.o.InFlight == 0 {
		c.o.InFlight = mostInFlight
	}
	if c.o.Now == nil {
		c.o.Now = time.Now
	}
	c.queues.cloud, c.queues.named = c, map[string]*queue{}
	c.store.cloud, c.store.buckets = c, map[string]map[string]*object{}
	c.client = &http.Client{Transport: steady{&http.Transport{DialContext: c.door.dial, DisableCompression: true}}}
	c.server = &http.Server{Handler: c, ReadHeaderTimeout: time.Minute}
	c.served.Go(func() { _ = c.server.Serve(c.door) })
	return c
}

// Close ends the cloud, and all requests that come through its pipes.
func (c *Cloud) Close() {
	_ = c.server.Close()
	c.client.CloseIdleConnections()
	c.served.Wait()
}

// Config returns what clients in this process need.
func (c *Cloud) Config() aws.Config {
	config := ConfigAt("http://cloud.test")
	config.HTTPClient = c.client
	return config
}

// ConfigAt returns what clients need to reach a cloud that a host serves at a URL.
func ConfigAt(url string) aws.Config {
	return aws.Config{
		Region: Region, BaseEndpoint: &url, Credentials: credentials.NewStaticCredentialsProvider(accessKey, secretKey, ""),
		HTTPClient: &http.Client{Transport: steady{&http.Transport{Proxy: http.ProxyFromEnvironment}}},
	}
}

// PathStyle is an option of S3 clients, which a cloud needs: it has one name for all its buckets.
func PathStyle(o *s3.Options) { o.UsePathStyle = true }

// Calls returns how many requests came in, by the names of their actions, such as SendMessageBatch or PutObject.
func (c *Cloud) Calls() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.calls)
}

// ServeHTTP answers a request to either service.
func (c *Cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		c.queues.serve(w, r, target)
	} else {
		c.store.serve(w, r)
	}
}
