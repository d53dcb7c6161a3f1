package remote_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/remote"
)

func itoa(n int) string { return strconv.Itoa(n) }

// A scene has two agents, each with a request, one of whom is hostile.
type scene struct {
	*rig

	authority  *authority
	site       *site
	good, evil *stranger
	// theirs and mine are their deliveries; mine is that of the hostile one.
	theirs, mine        string
	goodBlob, knownBlob scan.Digest
}

func newScene(t testing.TB, options ...func(*remote.Options)) *scene {
	t.Helper()
	s := &scene{rig: newRig(t), authority: newAuthority(t)}
	for _, o := range options {
		o(&s.options)
	}
	s.site = s.rig.site(s.authority, "")
	s.good, s.evil = s.enrolled(s.authority, s.site, "good"), s.enrolled(s.authority, s.site, "evil")
	var err error
	s.knownBlob, _, err = s.blobs.Put(t.Context(), strings.NewReader("found before"))
	s.ok(err)
	s.ask("theirs", 1, scan.Result{
		Category: "facts", Outcome: scan.OK, Items: 1, Bytes: 100, Digest: scan.DigestOf(nil), Blob: s.knownBlob, Address: scan.DigestOf(nil),
	})
	s.theirs = s.good.receive("first", 1)[0]
	s.ask("mine", 1)
	s.mine = s.evil.receive("first", 1)[0]
	var got answer
	if s.goodBlob, got = s.good.put([]byte("secret findings")); got.status != http.StatusOK {
		t.Fatalf("put: %d %s", got.status, got.body)
	}
	return s
}

func (s *scene) replied() int {
	s.Helper()
	stats, err := s.replies.Stats(s.Context())
	s.ok(err)
	return stats.Ready + stats.Leased + stats.Delayed + stats.Dead
}

// What an agent must not do is refused, with the same word whatever there is, and nothing comes of it.
func TestHostile(t *testing.T) {
	t.Parallel()
	settle := func(what string) func(s *scene) answer {
		return func(s *scene) answer {
			return s.evil.do("POST", "/v1/deliveries/"+s.theirs+"/"+what, object{"operation": "x", "lease": time.Minute})
		}
	}
	receive := func(body any) func(s *scene) answer {
		return func(s *scene) answer { return s.evil.do("POST", "/v1/receive", body) }
	}
	upload := func(d func(s *scene) scan.Digest, data string, query string, header ...string) func(s *scene) answer {
		return func(s *scene) answer {
			all := append([]string{"Reeve-Digest", string(scan.DigestOf([]byte(data)))}, header...)
			return s.evil.do("PUT", "/v1/uploads/"+string(d(s))+"?"+query, []byte(data), all...)
		}
	}
	of := func(data string) func(*scene) scan.Digest {
		return func(*scene) scan.Digest { return scan.DigestOf([]byte(data)) }
	}
	for name, c := range map[string]struct {
		try    func(s *scene) answer
		status int
		code   remote.Code
	}{
		"extends another's":    {settle("extend"), 404, remote.CodeNotFound},
		"acks another's":       {settle("ack"), 404, remote.CodeNotFound},
		"gives back another's": {settle("retry"), 404, remote.CodeNotFound},
		"buries another's":     {settle("bury"), 404, remote.CodeNotFound},
		"does something else": {func(s *scene) answer {
			return s.evil.do("POST", "/v1/deliveries/"+s.mine+"/steal", object{"operation": "x"})
		}, 404, remote.CodeNotFound},
		"settles without number": {func(s *scene) answer { return s.evil.do("POST", "/v1/deliveries//ack", object{"operation": "x"}) }, 404, remote.CodeNotFound},
		"settles by a path": {func(s *scene) answer {
			return s.evil.do("POST", "/v1/deliveries/../beat/ack", object{"operation": "x"})
		}, 404, remote.CodeNotFound},
		"settles a hidden path": {func(s *scene) answer {
			return s.evil.do("POST", "/v1/deliveries/..%2f..%2fx/ack", object{"operation": "x"})
		}, 404, remote.CodeNotFound},
		"hides for a year": {func(s *scene) answer {
			return s.evil.do("POST", "/v1/deliveries/"+s.mine+"/extend", object{"operation": "x", "lease": 8760 * time.Hour})
		}, 400, remote.CodeInvalid},
		"gives back for a year": {func(s *scene) answer {
			return s.evil.do("POST", "/v1/deliveries/"+s.mine+"/retry", object{"operation": "x", "after": 8760 * time.Hour})
		}, 400, remote.CodeInvalid},
		"extends by less": {func(s *scene) answer {
			return s.evil.do("POST", "/v1/deliveries/"+s.mine+"/extend", object{"operation": "x", "lease": -1})
		}, 400, remote.CodeInvalid},
		"receives for a year":     {receive(object{"operation": "y", "most": 1, "lease": 8760 * time.Hour}), 400, remote.CodeInvalid},
		"receives less than one":  {receive(object{"operation": "y", "most": -1, "lease": time.Minute}), 400, remote.CodeInvalid},
		"receives without a name": {receive(object{"most": 1, "lease": time.Minute}), 400, remote.CodeInvalid},
		"receives by nonsense":    {receive([]byte(`[1,2`)), 400, remote.CodeInvalid},
		"receives two at a time":  {receive([]byte(`{"operation":"y","most":1,"lease":1000000000}{}`)), 400, remote.CodeInvalid},
		"receives a large number": {receive([]byte(`{"operation":"y","most":1e99,"lease":1000000000}`)), 400, remote.CodeInvalid},
		"reports as another": {func(s *scene) answer {
			return s.evil.do("POST", "/v1/progress", object{"progress": []scan.Progress{{Agent: "good", Job: "theirs", Epoch: 1, Seq: 2}}})
		}, 403, remote.CodeForbidden},
		"beats as another": {func(s *scene) answer { return s.evil.do("POST", "/v1/beat", scan.Beat{Agent: "good", Drained: true}) }, 403, remote.CodeForbidden},
		"beats as nobody":  {func(s *scene) answer { return s.evil.do("POST", "/v1/beat", scan.Beat{}) }, 403, remote.CodeForbidden},
		"is too wide":      {func(s *scene) answer { return s.evil.do("POST", "/v1/beat", scan.Beat{Agent: "evil", Width: 1 << 40}) }, 400, remote.CodeInvalid},
		"reports too much": {func(s *scene) answer {
			return s.evil.do("POST", "/v1/progress", object{"progress": make([]scan.Progress, 101)})
		}, 413, remote.CodeTooLarge},
		"reports a long word": {func(s *scene) answer {
			return s.evil.do("POST", "/v1/progress", object{"progress": []scan.Progress{{Agent: "evil", Job: "mine", Epoch: 1, Seq: 2, Category: strings.Repeat("x", 1000)}}})
		}, 400, remote.CodeInvalid},
		"reports less than nothing": {func(s *scene) answer {
			return s.evil.do("POST", "/v1/progress", object{"progress": []scan.Progress{{Agent: "evil", Job: "mine", Epoch: 1, Seq: 2, Items: -1}}})
		}, 400, remote.CodeInvalid},
		"sends a large body": {func(s *scene) answer { return s.evil.do("POST", "/v1/progress", bytes.Repeat([]byte(" "), 300<<10)) }, 413, remote.CodeTooLarge},
		"packs a body": {func(s *scene) answer {
			return s.evil.do("POST", "/v1/beat", []byte("\x1f\x8b"), "Content-Encoding", "gzip")
		}, 415, remote.CodeInvalid},
		"replies for another":    {func(s *scene) answer { return s.evil.send("k", s.evil.reply("theirs", 1, "")) }, 403, remote.CodeForbidden},
		"replies as another":     {func(s *scene) answer { return s.evil.send("k", s.good.reply("mine", 1, "")) }, 403, remote.CodeForbidden},
		"replies as it, for it":  {func(s *scene) answer { return s.evil.send("k", s.good.reply("theirs", 1, "")) }, 403, remote.CodeForbidden},
		"replies for later":      {func(s *scene) answer { return s.evil.send("k", s.evil.reply("mine", 2, "")) }, 403, remote.CodeForbidden},
		"replies another's blob": {func(s *scene) answer { return s.evil.send("k", s.evil.reply("mine", 1, s.goodBlob)) }, 403, remote.CodeForbidden},
		"replies a known blob":   {func(s *scene) answer { return s.evil.send("k", s.evil.reply("mine", 1, s.knownBlob)) }, 403, remote.CodeForbidden},
		"replies what is not": {func(s *scene) answer {
			return s.evil.send("k", s.evil.reply("mine", 1, scan.DigestOf([]byte("nothing"))))
		}, 403, remote.CodeForbidden},
		"replies nonsense": {func(s *scene) answer { return s.evil.do("POST", "/v1/replies?key=k&delay=0s", []byte("{}")) }, 400, remote.CodeInvalid},
		"replies too much": {func(s *scene) answer {
			return s.evil.do("POST", "/v1/replies?key=k&delay=0s", make([]byte, scan.MaxBody+1))
		}, 413, remote.CodeTooLarge},
		"replies in a year": {func(s *scene) answer {
			return s.evil.do("POST", "/v1/replies?key=k&delay=8760h", s.evil.reply("mine", 1, ""))
		}, 400, remote.CodeInvalid},
		"replies without key":     {func(s *scene) answer { return s.evil.do("POST", "/v1/replies?delay=0s", s.evil.reply("mine", 1, "")) }, 400, remote.CodeInvalid},
		"reads another's blob":    {func(s *scene) answer { return s.evil.do("GET", "/v1/blobs/"+string(s.goodBlob), nil) }, 404, remote.CodeNotFound},
		"reads a known blob":      {func(s *scene) answer { return s.evil.do("GET", "/v1/blobs/"+string(s.knownBlob), nil) }, 404, remote.CodeNotFound},
		"reads what is not":       {func(s *scene) answer { return s.evil.do("GET", "/v1/blobs/"+string(scan.DigestOf(nil)), nil) }, 404, remote.CodeNotFound},
		"reads a path":            {func(s *scene) answer { return s.evil.do("GET", "/v1/blobs/..%2f..%2fetc%2fpasswd", nil) }, 404, remote.CodeNotFound},
		"uploads to a path":       {upload(func(*scene) scan.Digest { return "..%2f..%2fx" }, "x", "offset=0&size=1"), 404, remote.CodeNotFound},
		"uploads another digest":  {upload(of("y"), "x", "offset=0&size=1"), 422, remote.CodeDigest},
		"uploads a broken part":   {upload(of("x"), "x", "offset=0&size=1", "Reeve-Digest", string(scan.DigestOf(nil))), 422, remote.CodeDigest},
		"uploads from the middle": {upload(of("xx"), "x", "offset=1&size=2"), 409, remote.CodeOffset},
		"uploads past the end":    {upload(of("x"), "x", "offset=1&size=1"), 400, remote.CodeInvalid},
		"uploads before":          {upload(of("x"), "x", "offset=-1&size=1"), 400, remote.CodeInvalid},
		"uploads over the top":    {upload(of("x"), "x", "offset=9223372036854775807&size=9223372036854775807"), 413, remote.CodeTooLarge},
		"uploads nothing of much": {upload(of("x"), "", "offset=0&size=1"), 400, remote.CodeInvalid},
		"uploads without a size":  {upload(of("x"), "x", "offset=0"), 400, remote.CodeInvalid},
		"uploads too much":        {upload(of("x"), "x", "offset=0&size=1000000000000"), 413, remote.CodeTooLarge},
		"uploads a large part":    {upload(of("x"), strings.Repeat("x", remote.PartSize+1), "offset=0&size=10000000"), 413, remote.CodeTooLarge},
		"asks for something else": {func(s *scene) answer { return s.evil.do("GET", "/v1/agents", nil) }, 404, remote.CodeNotFound},
		"asks another way":        {func(s *scene) answer { return s.evil.do("DELETE", "/v1/blobs/"+string(s.goodBlob), nil) }, 404, remote.CodeNotFound},
		"renews without its key":  {func(s *scene) answer { return s.evil.do("POST", "/v1/renew", s.good.renewal()) }, 403, remote.CodeForbidden},
		"renews with another's": {func(s *scene) answer {
			s.evil.credential = s.good.credential
			return s.evil.do("POST", "/v1/renew", s.evil.renewal())
		}, 403, remote.CodeForbidden},
		"shows no credential": {func(s *scene) answer {
			s.evil.credential = ""
			return s.evil.do("POST", "/v1/beat", scan.Beat{Agent: "evil"})
		}, 401, remote.CodeRefused},
		"shows a false credential": {func(s *scene) answer {
			s.evil.credential += "A"
			return s.evil.do("POST", "/v1/beat", scan.Beat{Agent: "evil"})
		}, 401, remote.CodeRefused},
		"shows half of another's": {func(s *scene) answer {
			name, _, _ := strings.Cut(s.good.credential, ".")
			_, secret, _ := strings.Cut(s.evil.credential, ".")
			s.evil.credential = name + "." + secret
			return s.evil.do("POST", "/v1/beat", scan.Beat{Agent: "good"})
		}, 401, remote.CodeRefused},
		"was revoked": {func(s *scene) answer {
			s.ok(s.site.Revoke(s.Context(), "evil"))
			return s.evil.do("POST", "/v1/deliveries/"+s.mine+"/ack", object{"operation": "x"})
		}, 401, remote.CodeRefused},
		"enrols without a proof": {func(s *scene) answer {
			token, err := s.site.Enrol(s.Context(), "new", time.Hour)
			s.ok(err)
			body := s.evil.enrolment(token)
			body["key"] = s.good.key.Public()
			return s.evil.do("POST", "/v1/enrol", body)
		}, 400, remote.CodeInvalid},
		"enrols by a guess": {func(s *scene) answer {
			_, err := s.site.Enrol(s.Context(), "new", time.Hour)
			s.ok(err)
			return s.evil.enrol("bmV3." + rand.Text() + rand.Text())
		}, 401, remote.CodeRefused},
		"enrols by a credential": {func(s *scene) answer { return s.evil.enrol(s.evil.credential) }, 401, remote.CodeRefused},
		"enrols by nonsense":     {func(s *scene) answer { return s.evil.enrol("nonsense") }, 400, remote.CodeInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			got := c.try(s)
			if got.status != c.status || got.code() != c.code {
				t.Errorf("answered is %d %s; %d %s is right", got.status, got.body, c.status, c.code)
			}
			for _, secret := range []string{s.staging, s.evil.credential, s.good.credential, "secret findings", "panic"} {
				if secret != "" && bytes.Contains(got.body, []byte(secret)) {
					t.Errorf("the answer has %q in it: %s", secret, got.body)
				}
			}
			s.untouched()
		})
	}
}

// untouched demands that nothing has come of what the hostile agent tried, and that the good one can go on.
func (s *scene) untouched() {
	s.Helper()
	if n := s.replied(); n > 0 {
		s.Errorf("%d replies have come", n)
	}
	if progress, beats := s.desk.(*listener).counts(); progress+beats > 0 {
		s.Errorf("the desk was told of %d reports and %d beats", progress, beats)
	}
	stats, err := s.requests.Stats(s.Context())
	s.ok(err)
	if stats.Ready+stats.Dead+stats.Delayed > 0 || stats.Leased != 2 {
		s.Errorf("the requests are %+v; two that are leased are right", stats)
	}
	n := 0
	for _, err := range s.blobs.List(s.Context()) {
		s.ok(err)
		n++
	}
	if n != 2 {
		s.Errorf("there are %d blobs; 2 are right", n)
	}
	if got := s.good.send("k", s.good.reply("theirs", 1, s.goodBlob)); got.status != http.StatusOK {
		s.Errorf("the good agent replies: %d %s", got.status, got.body)
	}
	if got := s.good.do("POST", "/v1/deliveries/"+s.theirs+"/ack", object{"operation": "x"}); got.status != http.StatusOK {
		s.Errorf("the good agent acks: %d %s", got.status, got.body)
	}
}

// What an agent does not hold it is told to drop, and the desk is told nothing.
func TestProgressOfOthers(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	out := says[struct{ Directives []scan.Directive }](s.evil, "POST", "/v1/progress", object{"progress": []scan.Progress{
		{Agent: "evil", Job: "theirs", Epoch: 1, Seq: 1}, {Agent: "evil", Job: "mine", Epoch: 1, Seq: 1}, {Agent: "evil", Job: "mine", Epoch: 2, Seq: 1},
	}})
	var did []scan.DirectiveKind
	for _, d := range out.Directives {
		did = append(did, d.Do)
	}
	if fmt.Sprint(did) != "[drop continue drop]" {
		t.Errorf("it is told %v", did)
	}
	l := s.desk.(*listener)
	if len(l.progress) != 1 || l.progress[0].Job != "mine" || l.progress[0].Epoch != 1 {
		t.Errorf("the desk was told %+v", l.progress)
	}
}

// What was settled is settled: once again only by the same operation.
func TestSettledOnce(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ack := func(operation, what string) int {
		return s.evil.do("POST", "/v1/deliveries/"+s.mine+"/"+what, object{"operation": operation, "lease": time.Minute}).status
	}
	for _, step := range []struct {
		operation, what string
		want            int
	}{{"a", "extend", 200}, {"b", "ack", 200}, {"b", "ack", 200}, {"c", "ack", 410}, {"d", "extend", 410}, {"e", "bury", 410}} {
		if got := ack(step.operation, step.what); got != step.want {
			t.Errorf("%s by %s is answered %d; %d is right", step.what, step.operation, got, step.want)
		}
	}
}

// A question that is asked again is answered as before.
func TestReceivedOnce(t *testing.T) {
	t.Parallel()
	virtually(t, nil, func(t *testing.T, r *venue) {
		evil, good := r.near("evil"), r.near("good")
		r.ask("more", 1)
		first := evil.receive("one", 1)
		if again := evil.receive("one", 1); len(first) != 1 || fmt.Sprint(first) != fmt.Sprint(again) {
			t.Errorf("received is %v, and then %v", first, again)
		}
		if others := good.receive("one", 1); len(others) != 0 {
			t.Errorf("another received %v", others)
		}
	})
}

// Of two that enrol with one token, one is admitted; the other is told, and who asks again with the same key is answered again.
func TestEnrolOnce(t *testing.T) {
	t.Parallel()
	r, a := newRig(t), newAuthority(t)
	sites := []*site{r.site(a, ""), r.site(a, "")}
	token, err := sites[0].Enrol(t.Context(), "x", time.Hour)
	r.ok(err)
	const contenders = 8
	var all sync.WaitGroup
	var who [contenders]*stranger
	var got [contenders]answer
	for i := range who {
		who[i] = newStranger(t, a, sites[i%2].url())
		all.Go(func() { got[i] = who[i].enrol(token) })
	}
	all.Wait()
	winner := -1
	for i, g := range got {
		switch {
		case g.status == http.StatusOK && winner < 0:
			winner = i
		case g.status != http.StatusForbidden || g.code() != remote.CodeUsed:
			t.Errorf("contender %d is answered %d %s", i, g.status, g.body)
		}
	}
	if winner < 0 {
		t.Fatal("nobody is admitted")
	}
	w := who[winner]
	before := w.credential
	if again := w.enrol(token); again.status != http.StatusOK || w.credential == before {
		t.Errorf("the winner asks again and is answered %d %s", again.status, again.body)
	}
	for _, credential := range []string{before, w.credential} { // either answer may have been the one that was lost
		w.credential = credential
		if b := w.do("POST", "/v1/beat", scan.Beat{Agent: "x"}); b.status != http.StatusOK {
			t.Errorf("with a credential of the enrolment: %d %s", b.status, b.body)
		}
	}
	// Of new tokens for the name the one that is used admits another, and then not the first any more, nor who has the other token.
	other, err := sites[0].Enrol(t.Context(), "x", time.Hour)
	r.ok(err)
	token, err = sites[1].Enrol(t.Context(), "x", time.Hour)
	r.ok(err)
	if b := w.do("POST", "/v1/beat", scan.Beat{Agent: "x"}); b.status != http.StatusOK {
		t.Errorf("before the new token is used: %d %s", b.status, b.body)
	}
	if g := newStranger(t, a, sites[0].url()).enrol(token); g.status != http.StatusOK {
		t.Errorf("with the new token: %d %s", g.status, g.body)
	}
	if b := w.do("POST", "/v1/beat", scan.Beat{Agent: "x"}); b.status != http.StatusUnauthorized {
		t.Errorf("after the new token was used: %d %s", b.status, b.body)
	}
	if g := newStranger(t, a, sites[0].url()).enrol(other); g.code() != remote.CodeRefused {
		t.Errorf("with the token that was not used: %d %s", g.status, g.body)
	}
}

// Nothing that is kept lets anybody in.
func TestNoSecretsKept(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	token, err := s.site.Enrol(t.Context(), "new", time.Hour)
	s.ok(err)
	for r, err := range s.store.List(t.Context(), queryOf("scan.remote")) {
		s.ok(err)
		for _, secret := range []string{token, s.good.credential, s.evil.credential} {
			_, half, _ := strings.Cut(secret, ".")
			if bytes.Contains(r.Data, []byte(half)) {
				t.Errorf("the record of %s has a secret in it", r.Key)
			}
		}
	}
}

// An agent has no more than it may at once: requests, polls, calls, bytes in unfinished uploads and in all.
func TestQuotas(t *testing.T) {
	t.Parallel()
	s := newScene(t, func(o *remote.Options) {
		o.Width, o.Blob, o.Results, o.Staged = 3, 20_000, 50_000, 60_000
	})
	for i := range 5 {
		s.ask("more", i+1)
	}
	if n := len(s.evil.receive("more", 100)); n != 2 { // beside the one it has
		t.Errorf("it received %d; 2 are right", n)
	}
	if got := s.evil.do("POST", "/v1/receive", object{"operation": "even more", "most": 1, "lease": time.Minute}); got.code() != remote.CodeBusy {
		t.Errorf("with all that it may have: %d %s", got.status, got.body)
	}
	part := make([]byte, 10_000)
	staged := 0
	for i := range 10 { // parts of blobs that are never whole
		if s.evil.part(scan.DigestOf([]byte{byte(i)}), part, 0, 20_000).status == http.StatusOK {
			staged++
		}
	}
	if uploads, bytes := s.site.StagedNow(); staged != 5 || bytes > 50_000 || uploads > 10 {
		t.Errorf("%d parts were taken, of %d uploads with %d bytes; 5 are right", staged, uploads, bytes)
	}
	for i, want := range []int{200, 200, 200, 503} { // who has most gives way, until the other has as much
		if got := s.good.part(scan.DigestOf([]byte{byte(i), 1}), part, 0, 12_000); got.status != want {
			t.Errorf("part %d of another is answered %d %s", i+1, got.status, got.body)
		}
	}
	if uploads, bytes := s.site.StagedNow(); uploads != 6 || bytes != 60_000 {
		t.Errorf("there are %d uploads with %d bytes; 6 with 60,000 are right", uploads, bytes)
	}
	so := 0
	for i := range 10 {
		so += says[struct{ Offset int }](s.evil, "GET", "/v1/uploads/"+string(scan.DigestOf([]byte{byte(i)})), nil).Offset
	}
	if so != 30_000 {
		t.Errorf("of its own %d bytes are left; 30,000 are right", so)
	}
}

// For each request an agent may put so many bytes, and no more, however it asks.
func TestResultsQuota(t *testing.T) {
	t.Parallel()
	s := newScene(t, func(o *remote.Options) { o.Blob, o.Results = 10_000, 60_000 })
	kept := 0
	for i := range 5 {
		data := bytes.Repeat([]byte{byte(i)}, 10_000)
		if _, got := s.evil.put(data); got.status == http.StatusOK {
			kept++
		} else if got.status != http.StatusForbidden {
			t.Errorf("put: %d %s", got.status, got.body)
		}
	}
	if kept != 2 {
		t.Errorf("%d blobs of 10,000 bytes were kept where there is room for 60,000", kept)
	}
	if _, got := s.evil.put([]byte("more")); got.status != http.StatusForbidden || got.code() != remote.CodeTooLarge {
		t.Errorf("who has put enough puts more: %d %s", got.status, got.body)
	}
	if _, got := s.enrolled(s.authority, s.site, "new").put([]byte("x")); got.status != http.StatusForbidden || got.code() != remote.CodeForbidden {
		t.Errorf("who was given nothing puts: %d %s", got.status, got.body)
	}
}

// Who calls too often is told so, and others are not held up.
func TestRate(t *testing.T) {
	t.Parallel()
	virtually(t, func(r *rig) { r.options.Rate = 5 }, func(t *testing.T, r *venue) {
		evil, good := r.near("evil"), r.near("good")
		busy := 0
		for range 100 {
			if got := evil.do("POST", "/v1/beat", scan.Beat{Agent: "evil"}); got.code() == remote.CodeBusy {
				busy++
			}
		}
		if busy < 50 {
			t.Errorf("%d of 100 calls were too many; 50 are right, or 51 for the length of those before", busy)
		}
		if got := good.do("POST", "/v1/beat", scan.Beat{Agent: "good"}); got.status != http.StatusOK {
			t.Errorf("the other is answered %d %s", got.status, got.body)
		}
	})
}

// A staging folder has nothing in it but what is unfinished, and what is found there by a server is gone on with.
func TestStagingLeftovers(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	data := bytes.Repeat([]byte("0123456789"), remote.PartSize/5)
	d := scan.DigestOf(data)
	if got := s.good.part(d, data[:remote.PartSize], 0, len(data)); got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.body)
	}
	s.ok(os.WriteFile(filepath.Join(s.staging, "notes"), []byte("a file of somebody else"), 0o600))
	s.site.end()
	s.site = s.rig.site(s.authority, "")
	s.good.url = s.site.url()
	so := says[struct{ Offset int }](s.good, "GET", "/v1/uploads/"+string(d), nil)
	if so.Offset != remote.PartSize {
		t.Fatalf("the upload is at %d; %d is right", so.Offset, remote.PartSize)
	}
	s.evil.url = s.site.url()
	if so := says[struct{ Offset int }](s.evil, "GET", "/v1/uploads/"+string(d), nil); so.Offset != 0 {
		t.Errorf("another is told that the upload is at %d", so.Offset)
	}
	if got := s.good.part(d, data[remote.PartSize:], remote.PartSize, len(data)); got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.body)
	}
	r, err := s.blobs.Open(t.Context(), d)
	s.ok(err)
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, data) {
		t.Errorf("what was kept has %d bytes, and ends with %v", len(got), err)
	}
	entries, err := os.ReadDir(s.staging)
	s.ok(err)
	if len(entries) != 1 {
		t.Errorf("%d files are left; one that is none of ours is right", len(entries))
	}
}
