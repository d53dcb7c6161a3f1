package remote

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/reeve-go/reeve/scan"
)

// reply brings what an agent found to the queue of replies: if it was asked for it, and has put what it names.
func (s *Server) reply(c *call) (any, error) {
	query := c.r.URL.Query()
	key := query.Get("key")
	delay, err := time.ParseDuration(query.Get("delay"))
	if !isWord(key, mostWord) || err != nil || delay < 0 || delay > mostSpan {
		return nil, refuse(http.StatusBadRequest, CodeInvalid, "a key is needed, and a delay of up to %v", mostSpan)
	}
	body, err := c.body(scan.MaxBody)
	if err != nil {
		return nil, err
	}
	r, err := scan.DecodeReply(body)
	switch {
	case errors.Is(err, scan.ErrVersion):
		return nil, refuse(http.StatusUnprocessableEntity, CodeInvalid, "the reply is of a version that this server does not know; a newer one may")
	case err != nil:
		return nil, refuse(http.StatusBadRequest, CodeInvalid, "%v", err)
	case r.Agent != c.caller.name:
		return nil, notItself(c, r.Agent)
	}
	if err := s.mayReply(c, &r); err != nil {
		return nil, err
	}
	return nothing{}, s.Replies.Send(c.ctx, scan.Message{Key: replyKey(key, body), Body: body, Delay: delay})
}

// mayReply returns an error unless the agent was given the request, and each blob that it names is one that it has put, or that the request names.
func (s *Server) mayReply(c *call, r *scan.Reply) error {
	own := holdName(r.Job, r.Epoch)
	names := []string{own}
	for _, result := range r.Results {
		if name := blobName(result.Blob); result.Blob != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	noted, err := s.books.noted(c.ctx, c.caller.name, names...)
	if err != nil {
		return err
	}
	el, ok := noted[own]
	if !ok {
		return refuse(http.StatusForbidden, CodeForbidden, "the agent was not given this request")
	}
	var h hold
	if err := json.Unmarshal(el.Data, &h); err != nil {
		return fmt.Errorf("remote: what agent %q was given: %w", c.caller.name, err)
	}
	for _, result := range r.Results {
		if _, put := noted[blobName(result.Blob)]; result.Blob != "" && !put && !slices.Contains(h.Known, result.Blob) {
			return refuse(http.StatusForbidden, CodeForbidden, "the result of category %.100q names a blob that the agent has not put", result.Category)
		}
	}
	return nil
}

// replyKey is the key of a reply in its queue. As it depends on the body, which names the agent, no agent can take one that another's reply would have.
func replyKey(key string, body []byte) string {
	sum := sha256.Sum256(append([]byte(key+"\n"), body...)) // a key has no newline
	return "remote/" + hex.EncodeToString(sum[:])
}
