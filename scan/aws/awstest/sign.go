package awstest

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// signed reports whether a request was signed with the right key, as it is: it signs it once more and compares.
func signed(r *http.Request, service string, body []byte) bool {
	authorization := r.Header.Get("Authorization")
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	_, names, ok := strings.Cut(authorization, "SignedHeaders=")
	if err != nil || !ok || !strings.Contains(authorization, "Credential="+accessKey+"/") {
		return false
	}
	sum := sha256.Sum256(body)
	payload := hex.EncodeToString(sum[:])
	if service == "s3" {
		if payload != r.Header.Get("X-Amz-Content-Sha256") {
			return false
		}
	}
	again := &http.Request{Method: r.Method, URL: r.URL, Host: r.Host, Header: http.Header{}}
	names, _, _ = strings.Cut(names, ",")
	for name := range strings.SplitSeq(names, ";") {
		if values := r.Header.Values(name); len(values) > 0 {
			again.Header[http.CanonicalHeaderKey(name)] = values
		}
	}
	if strings.Contains(";"+names+";", ";content-length;") {
		again.ContentLength = r.ContentLength
	}
	err = v4.NewSigner().SignHTTP(r.Context(), aws.Credentials{AccessKeyID: accessKey, SecretAccessKey: secretKey}, again, payload, service, Region, at,
		func(o *v4.SignerOptions) { o.DisableURIPathEscaping = service == "s3" })
	return err == nil && again.Header.Get("Authorization") == authorization
}
