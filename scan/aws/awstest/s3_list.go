package awstest

import (
	"encoding/base64"
	"encoding/xml"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

type listOut struct {
	XMLName               xml.Name `xml:"ListBucketResult"`
	Name                  string
	Prefix                string
	KeyCount              int
	MaxKeys               int
	IsTruncated           bool
	NextContinuationToken string `xml:",omitempty"`
	Contents              []listed
}

type listed struct {
	Key          string
	LastModified string
	ETag         string
	Size         int
	StorageClass string
}

// list answers a page of keys, in their order.
func (s *store) list(w http.ResponseWriter, in request) *rejection {
	asked := in.URL.Query()
	most := 1000
	if n, err := strconv.Atoi(asked.Get("max-keys")); err == nil && n > 0 {
		most = min(n, most)
	}
	after := asked.Get("start-after")
	if token := asked.Get("continuation-token"); token != "" {
		last, err := base64.StdEncoding.DecodeString(token)
		if err != nil {
			return reject(http.StatusBadRequest, "InvalidArgument", "The continuation token provided is incorrect")
		}
		after = string(last)
	}
	if asked.Get("delimiter") != "" {
		return reject(http.StatusNotImplemented, "NotImplemented", "Delimiters are not known here.")
	}
	out := listOut{Name: in.bucket, Prefix: asked.Get("prefix"), MaxKeys: most}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(s.buckets[in.bucket])) {
		if !strings.HasPrefix(key, out.Prefix) || key <= after {
			continue
		}
		if len(out.Contents) == most {
			out.IsTruncated = true
			out.NextContinuationToken = base64.StdEncoding.EncodeToString([]byte(out.Contents[most-1].Key))
			break
		}
		o := s.buckets[in.bucket][key]
		out.Contents = append(out.Contents, listed{Key: key, LastModified: timeOf(o.at), ETag: o.etag, Size: len(o.data), StorageClass: "STANDARD"})
	}
	out.KeyCount = len(out.Contents)
	w.Header().Set("Content-Type", "application/xml")
	write(w, out)
	return nil
}
