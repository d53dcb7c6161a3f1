package provisioning

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestWithout(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		secrets    []string
		text, want string
	}{
		{[]string{"swordfish"}, "say swordfish, swordfish", "say [secret], [secret]"},
		{[]string{"word", "wordsmith", "words"}, "a wordsmith of words, in a word", "a [secret] of [secret], in a [secret]"},
		{[]string{"swordfish"}, "it was swordf…", "it was [secret]…"},
		{[]string{"swordfish", "lobster"}, "the lobster said swor…", "the [secret] said [secret]…"},
		{[]string{"swordfish"}, "it was swordf", "it was swordf"},
		{[]string{"ab", ""}, "about nothing", "about nothing"},
	} {
		if got := without(c.secrets, c.text); got != c.want {
			t.Errorf("%q without %q is %q; %q is right", c.text, c.secrets, got, c.want)
		}
	}
}

// A secret that an error shows is in no record, wherever the text is cut off.
func TestErrorsDoNotShowSecrets(t *testing.T) {
	t.Parallel()
	estate(t, Options{OnFailure: Hold}, TypeOptions{}, func(r *rig) {
		answer := Answer{State: InProgress, Again: time.Minute, Secrets: Secrets{"key": {Value: []byte("swordfish-and-lobster")}}}
		var token string
		r.plain.say("ensure a", line{answer: answer, through: func(c Call) { token = c.Callback.Token.Reveal() }},
			line{err: errors.New("who says swordfish-and-lobster may enter")})
		r.plain.say("ensure b", line{answer: answer}, line{err: Fatal(errors.New(strings.Repeat("x", maxReason-12) + "swordfish-and-lobster may enter"))})
		r.request("r", Spec{ID: "a", Type: "plain"}, Spec{ID: "b", Type: "plain"})
		r.pass(65 * time.Second)
		if got := r.resource("r", "a").Error; got != "who says [secret] may enter" {
			t.Errorf("got %q", got)
		}
		if got := r.resource("r", "b").Error; !strings.HasSuffix(got, "x[secret]…") {
			t.Errorf("got %q", got[maxReason-30:])
		}
		op := r.resource("r", "a").Op.ID
		r.accept("a", op, token, said{ID: "1", Err: Fatal(errors.New("the token " + token + " and the key swordfish-and-lobster are wrong"))}, callbackAccepted)
		r.pass(time.Second)
		if got := r.resource("r", "a").Error; got != "the token [secret] and the key [secret] are wrong" {
			t.Errorf("got %q", got)
		}
	})
}
