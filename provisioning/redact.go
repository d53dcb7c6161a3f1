package provisioning

import (
	"slices"
	"strings"
)

// leastHidden is how long a secret has to be for a text to be searched for it: shorter ones are in many texts, and nobody learns
// them from that.
const leastHidden = 4

// without returns the text without the secrets, also where it was cut off in the middle of one.
func without(secrets []string, text string) string {
	longestFirst := func(a, b string) int { return len(b) - len(a) } // one may begin with another
	for _, secret := range slices.SortedFunc(slices.Values(secrets), longestFirst) {
		if len(secret) < leastHidden {
			break
		}
		text = strings.ReplaceAll(text, secret, hidden)
		head, cut := strings.CutSuffix(text, "…")
		for n := len(secret) - 1; cut && n >= leastHidden; n-- {
			if rest, found := strings.CutSuffix(head, secret[:n]); found {
				text = rest + hidden + "…"
				break
			}
		}
	}
	return text
}
