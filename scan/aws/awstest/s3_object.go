package awstest

import (
	"bytes"
	"crypto/md5" //nolint:gosec // the protocol wants it
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/xml"
	"hash/crc32"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	sha256Header = "X-Amz-Checksum-Sha256"
	crc32Header  = "X-Amz-Checksum-Crc32"
)

// put keeps an object, if the condition and the checksums are right.
func (s *store) put(w http.ResponseWriter, in request) *rejection {
	sum := md5.Sum(in.body) //nolint:gosec // the protocol wants it
	o := &object{data: in.body, etag: `"` + hex.EncodeToString(sum[:]) + `"`, kind: in.Header.Get("Content-Type"), checksums: map[string]string{}}
	for name, is := range map[string]string{sha256Header: sha256Of(in.body), crc32Header: crc32Of(in.body)} {
		if said := in.Header.Get(name); said != "" && said != is {
			return reject(http.StatusBadRequest, "BadDigest", "The checksum you specified did not match what we received.")
		} else if said != "" {
			o.checksums[name] = is
		}
	}
	if rejected := s.keep(in, o); rejected != nil {
		return rejected
	}
	w.Header().Set("ETag", o.etag)
	o.say(w.Header())
	return nil
}

func sha256Of(data []byte) string {
	sum := sha256.Sum256(data)
	return base64.StdEncoding.EncodeToString(sum[:])
}

func crc32Of(data []byte) string {
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(data)))
}

// say sets the headers of the checksums.
func (o *object) say(h http.Header) {
	for name, sum := range o.checksums {
		h.Set(name, sum)
	}
	if len(o.checksums) > 0 {
		h.Set("X-Amz-Checksum-Type", "FULL_OBJECT")
	}
}

func (s *store) keep(in request, o *object) *rejection {
	s.mu.Lock()
	defer s.mu.Unlock()
	if condition := in.Header.Get("If-None-Match"); condition == "*" && s.buckets[in.bucket][in.key] != nil {
		return reject(http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
	} else if condition != "" && condition != "*" {
		return reject(http.StatusNotImplemented, "NotImplemented", "If-None-Match takes only *.")
	}
	o.at = s.cloud.o.Now().Truncate(time.Second)
	s.buckets[in.bucket][in.key] = o
	return nil
}

func (s *store) object(bucket, key string) (*object, *rejection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := s.buckets[bucket][key]; o != nil {
		return o, nil
	}
	return nil, reject(http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
}

// copy keeps an object under a key again, its own or another.
func (s *store) copy(w http.ResponseWriter, in request) *rejection {
	from, err := url.PathUnescape(strings.TrimPrefix(in.Header.Get("X-Amz-Copy-Source"), "/"))
	bucket, key, ok := strings.Cut(from, "/")
	if err != nil || !ok {
		return reject(http.StatusBadRequest, "InvalidArgument", "Copy Source must mention the source bucket and key: sourcebucket/sourcekey")
	}
	source, rejected := s.object(bucket, key)
	switch match := in.Header.Get("X-Amz-Copy-Source-If-Match"); {
	case rejected != nil:
		return rejected
	case match != "" && match != source.etag:
		return reject(http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
	case bucket == in.bucket && key == in.key && in.Header.Get("X-Amz-Metadata-Directive") != "REPLACE":
		return reject(http.StatusBadRequest, "InvalidRequest", "It is illegal to copy an object to itself without changing anything.")
	}
	o := &object{data: source.data, etag: source.etag, checksums: maps.Clone(source.checksums), kind: in.Header.Get("Content-Type")}
	if rejected := s.keep(in, o); rejected != nil {
		return rejected
	}
	write(w, struct {
		XMLName      xml.Name `xml:"CopyObjectResult"`
		ETag         string
		LastModified string
	}{ETag: o.etag, LastModified: timeOf(o.at)})
	return nil
}

func timeOf(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// get answers an object, or a range of it, or only what is said about it.
func (s *store) get(w http.ResponseWriter, in request) *rejection {
	o, rejected := s.object(in.bucket, in.key)
	if rejected != nil {
		return rejected
	}
	w.Header().Set("ETag", o.etag)
	w.Header().Set("Content-Type", o.kind)
	if strings.EqualFold(in.Header.Get("X-Amz-Checksum-Mode"), "ENABLED") && in.Header.Get("Range") == "" {
		o.say(w.Header())
	}
	http.ServeContent(w, in.Request, "", o.at, bytes.NewReader(o.data)) // it knows ranges and conditions
	return nil
}

func (s *store) delete(w http.ResponseWriter, in request) *rejection {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.buckets[in.bucket], in.key)
	w.WriteHeader(http.StatusNoContent)
	return nil
}
