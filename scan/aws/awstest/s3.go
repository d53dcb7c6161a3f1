package awstest

import (
	"encoding/xml"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// store is what S3 keeps.
type store struct {
	cloud *Cloud

	mu      sync.Mutex
	buckets map[string]map[string]*object
}

// An object is the bytes under a key. It is never changed, but replaced.
type object struct {
	data      []byte
	etag      string
	checksums map[string]string // by the names of their headers
	kind      string
	at        time.Time
}

// A rejection is an error that S3 answers.
type rejection struct {
	XMLName xml.Name `xml:"Error"`
	Code    string
	Message string

	status int
}

func reject(status int, code, message string) *rejection {
	return &rejection{Code: code, Message: message, status: status}
}

// A request is one to S3.
type request struct {
	*http.Request

	bucket, key string
	body        []byte
}

// mostObject bounds the objects of the fake, which are in memory.
const mostObject = 256 << 20

func (s *store) serve(w http.ResponseWriter, r *http.Request) {
	in := request{Request: r}
	in.bucket, in.key, _ = strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	action := in.action()
	var err error
	if in.body, err = io.ReadAll(io.LimitReader(r.Body, mostObject+1)); err != nil {
		cut(w, nil)
	}
	fault := s.cloud.call(action)
	switch {
	case len(in.body) > mostObject:
		decline(w, r, reject(http.StatusBadRequest, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed object size."))
	case strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING-"):
		decline(w, r, reject(http.StatusNotImplemented, "NotImplemented", "A stream of unknown length is not taken here."))
	case !signed(r, "s3", in.body):
		decline(w, r, reject(http.StatusForbidden, "SignatureDoesNotMatch", "The signature is not right."))
	case fault == Throttle:
		decline(w, r, reject(http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate."))
	case fault == Fail:
		decline(w, r, reject(http.StatusInternalServerError, "InternalError", "We encountered an internal error. Please try again."))
	case fault == CutBefore:
		cut(w, nil)
	default:
		if fault == CutAfter || fault == CutAnswer {
			w = &breaking{w, fault}
			defer cut(w, nil) // if nothing was written
		}
		if rejected := s.act(w, in, action); rejected != nil {
			decline(w, r, rejected)
		}
	}
}

// action names what a request asks for.
func (in *request) action() string {
	copied := in.Header.Get("X-Amz-Copy-Source") != ""
	switch {
	case in.key == "" && in.Method == http.MethodPut:
		return "CreateBucket"
	case in.key == "" && in.Method == http.MethodHead:
		return "HeadBucket"
	case in.key == "" && in.Method == http.MethodGet && in.URL.Query().Get("list-type") == "2":
		return "ListObjectsV2"
	case in.key == "" || in.URL.Query().Has("uploads") || in.URL.Query().Has("uploadId"):
		return ""
	case in.Method == http.MethodPut && copied:
		return "CopyObject"
	case in.Method == http.MethodPut:
		return "PutObject"
	case in.Method == http.MethodGet:
		return "GetObject"
	case in.Method == http.MethodHead:
		return "HeadObject"
	case in.Method == http.MethodDelete:
		return "DeleteObject"
	}
	return ""
}

func (s *store) act(w http.ResponseWriter, in request, action string) *rejection {
	if action == "CreateBucket" {
		return s.create(in)
	}
	s.mu.Lock()
	_, there := s.buckets[in.bucket]
	s.mu.Unlock()
	if !there {
		return reject(http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist")
	}
	switch action {
	case "HeadBucket":
		return nil
	case "ListObjectsV2":
		return s.list(w, in)
	case "CopyObject":
		return s.copy(w, in)
	case "PutObject":
		return s.put(w, in)
	case "GetObject", "HeadObject":
		return s.get(w, in)
	case "DeleteObject":
		return s.delete(w, in)
	}
	return reject(http.StatusNotImplemented, "NotImplemented", "A header or query you provided implies functionality that is not implemented.")
}

func (s *store) create(in request) *rejection {
	if len(in.bucket) < 3 || len(in.bucket) > 63 || strings.Trim(in.bucket, "abcdefghijklmnopqrstuvwxyz0123456789.-") != "" {
		return reject(http.StatusBadRequest, "InvalidBucketName", "The specified bucket is not valid.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.buckets[in.bucket] == nil {
		s.buckets[in.bucket] = map[string]*object{}
	}
	return nil
}

func decline(w http.ResponseWriter, r *http.Request, rejected *rejection) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(rejected.status)
	if r.Method != http.MethodHead {
		write(w, rejected)
	}
}

func write(w http.ResponseWriter, v any) {
	_, _ = io.WriteString(w, xml.Header)
	_ = xml.NewEncoder(w).Encode(v)
}

// Breaking is an answer of which half goes out, or nothing.
type breaking struct {
	http.ResponseWriter

	fault Fault
}

func (b *breaking) Unwrap() http.ResponseWriter { return b.ResponseWriter }

func (b *breaking) WriteHeader(status int) {
	if b.fault == CutAnswer {
		b.ResponseWriter.WriteHeader(status)
	}
}

func (b *breaking) Write(p []byte) (int, error) {
	if b.fault == CutAfter {
		cut(b.ResponseWriter, nil)
	}
	if b.Header().Get("Content-Length") == "" {
		b.Header().Set("Content-Length", "100000")
	}
	cut(b.ResponseWriter, p[:len(p)/2])
	return 0, io.ErrClosedPipe
}
