package remote_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/remote"
)

// A stranger speaks the protocol by hand, so that it can say what a client never would.
type stranger struct {
	tester

	url        string
	http       *http.Client
	name       string
	key        ed25519.PrivateKey
	credential string
}

func newStranger(t tester, a *authority, url string) *stranger {
	t.Helper()
	return newStrangerBy(t, url, &http.Transport{TLSClientConfig: &tls.Config{RootCAs: a.pool, MinVersion: tls.VersionTLS13}, ForceAttemptHTTP2: true})
}

func newStrangerBy(t tester, url string, transport *http.Transport) *stranger {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &stranger{tester: t, url: url, http: &http.Client{Transport: transport}, key: key}
}

// An answer is what a server says.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) code() remote.Code {
	var e remote.Error
	_ = json.Unmarshal(a.body, &e) // else there is none
	return e.Code
}

// do makes a call as it is.
func (s *stranger) do(method, path string, body any, header ...string) answer {
	s.Helper()
	got, err := s.try(method, path, body, header...)
	if err != nil {
		s.Fatal(err)
	}
	return got
}

// try makes a call that may come to nothing.
func (s *stranger) try(method, path string, body any, header ...string) (answer, error) {
	sent, raw := body.([]byte)
	if !raw && body != nil {
		var err error
		if sent, err = json.Marshal(body); err != nil {
			return answer{}, err
		}
	}
	r, err := http.NewRequestWithContext(s.Context(), method, s.url+path, bytes.NewReader(sent))
	if err != nil {
		return answer{}, err
	}
	if s.credential != "" {
		r.Header.Set("Authorization", "Bearer "+s.credential)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := s.http.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close() //nolint:errcheck // it is read to its end
	got, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, got}, err
}

// says makes a call and reads its answer, which must be good.
func says[T any](s *stranger, method, path string, body any, header ...string) T {
	s.Helper()
	var out T
	got := s.do(method, path, body, header...)
	if got.status != http.StatusOK {
		s.Fatalf("%s %s: %d %s", method, path, got.status, got.body)
	}
	if err := json.Unmarshal(got.body, &out); err != nil {
		s.Fatal(err)
	}
	return out
}

type object = map[string]any

func (s *stranger) enrolment(token string) object {
	return object{"token": token, "key": s.key.Public(), "proof": ed25519.Sign(s.key, []byte("reeve enrol 1\n"+token))}
}

func (s *stranger) enrol(token string) answer {
	s.Helper()
	got := s.do("POST", "/v1/enrol", s.enrolment(token))
	if got.status == http.StatusOK {
		var grant struct{ Name, Credential string }
		if err := json.Unmarshal(got.body, &grant); err != nil {
			s.Fatal(err)
		}
		s.name, s.credential = grant.Name, grant.Credential
	}
	return got
}

func (s *stranger) renewal() object {
	return object{"proof": ed25519.Sign(s.key, []byte("reeve renew 1\n"+s.credential))}
}

// enrolled returns an agent that is admitted.
func (r *rig) enrolled(a *authority, s *site, name string) *stranger {
	r.Helper()
	who := newStranger(r, a, s.url())
	who.enter(s.Server, name)
	return who
}

// enter has it admitted under a name.
func (s *stranger) enter(by *remote.Server, name string) {
	s.Helper()
	token, err := by.Enrol(s.Context(), name, time.Hour)
	if err != nil {
		s.Fatal(err)
	}
	if got := s.enrol(token); got.status != http.StatusOK {
		s.Fatalf("enrol: %d %s", got.status, got.body)
	}
}

type polled struct {
	Waited     time.Duration
	Deliveries []struct {
		ID, Key string
		Body    []byte
		Attempt int
		Left    time.Duration
	}
}

// receive returns the numbers of what it is given.
func (s *stranger) receive(operation string, most int) (ids []string) {
	s.Helper()
	for _, d := range says[polled](s, "POST", "/v1/receive", object{"operation": operation, "most": most, "lease": time.Minute}).Deliveries {
		ids = append(ids, d.ID)
	}
	return ids
}

// put uploads a small blob.
func (s *stranger) put(data []byte) (scan.Digest, answer) {
	s.Helper()
	d := scan.DigestOf(data)
	return d, s.part(d, data, 0, len(data))
}

func (s *stranger) part(d scan.Digest, data []byte, offset, size int) answer {
	s.Helper()
	path := "/v1/uploads/" + string(d) + "?offset=" + itoa(offset) + "&size=" + itoa(size)
	return s.do("PUT", path, data, "Reeve-Digest", string(scan.DigestOf(data)))
}

// reply returns a reply with a result in a blob.
func (s *stranger) reply(job string, epoch int, blob scan.Digest) scan.Reply {
	r := scan.Result{Category: "facts", Outcome: scan.Empty, Digest: scan.DigestOf(nil)}
	if blob != "" {
		r = scan.Result{Category: "facts", Outcome: scan.OK, Items: 1, Bytes: 100, Digest: scan.DigestOf(nil), Blob: blob}
	}
	return scan.Reply{V: 1, Agent: s.name, Job: job, Epoch: epoch, Seq: 1, Results: []scan.Result{r}, Last: true}
}

func (s *stranger) send(key string, reply scan.Reply) answer {
	s.Helper()
	return s.do("POST", "/v1/replies?delay=0s&key="+key, reply)
}
