package remote

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"sync"
)

// Cookies are those of a balancer, which lead back to the same server. They are few and small, whatever a server says: they are sent with each call.
type cookies struct {
	http.CookieJar

	mu    sync.Mutex
	names map[string]bool
}

const (
	mostCookies = 4
	mostCookie  = 1 << 10 // bytes
)

func newCookies() *cookies {
	jar, _ := cookiejar.New(nil) // there is no error
	return &cookies{CookieJar: jar, names: map[string]bool{}}
}

// SetCookies implements [http.CookieJar]. A cookie is for all that its own server has, so there is one of a name.
func (c *cookies) SetCookies(u *url.URL, all []*http.Cookie) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var kept []*http.Cookie
	for _, one := range all {
		known := c.names[one.Name]
		if len(one.Name)+len(one.Value) > mostCookie || !known && len(c.names) == mostCookies {
			continue
		}
		c.names[one.Name] = true
		own := *one //nolint:gosec // it is the server's
		own.Path, own.Domain = "/", ""
		kept = append(kept, &own)
	}
	c.CookieJar.SetCookies(u, kept)
}
