package fsm

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// The texts that changes and errors show. Different values have different texts, and only a value
// that is absent has the empty one.

// shown returns a name as it stands in a line: quoted where it is not a plain word.
func shown[T ~string](name T) string {
	if plain(string(name)) {
		return string(name)
	}
	return strconv.Quote(string(name))
}

func plain(name string) bool {
	odd := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != '-' }
	return name == Any || name == Same || name != "" && !strings.ContainsFunc(name, odd)
}

// optional is shown for names that may be missing.
func optional[T ~string](name T) string {
	if name == "" {
		return ""
	}
	return shown(name)
}

func arrow[S, E ~string](from S, e E, to string) string {
	return shown(from) + " --" + shown(e) + "--> " + to
}

func textOf[K ~string, V any](m map[K]V, key K, text func(V) string) string {
	v, ok := m[key]
	if !ok {
		return ""
	}
	return text(v)
}

func stateText[S, E ~string](s State[S, E]) string {
	text := s.Mode.String()
	if s.In != "" {
		text += ", in " + shown(s.In)
	}
	if s.First != "" {
		text += ", first child " + shown(s.First)
	}
	if limit := limitText(s); limit != "" {
		text += ", limit " + limit
	}
	return text
}

func limitText[S, E ~string](s State[S, E]) string {
	switch {
	case s.Then != "":
		return s.After.String() + " then " + shown(s.Then)
	case s.After != 0:
		return s.After.String()
	}
	return ""
}

func eventText(e Event) string { return e.By.String() }

func ruleText[S, E ~string](r Rule[S, E]) string {
	text := "accepted in every state"
	if len(r.Modes) > 0 {
		modes := slices.Sorted(slices.Values(r.Modes))
		text = "accepted in " + joined(modes, Mode.String) + " states"
	}
	if len(r.Except) > 0 {
		text += " except " + joined(slices.Sorted(slices.Values(r.Except)), shown)
	}
	return text
}

func waiverText[S, E ~string](w Waiver[S, E]) string {
	return fmt.Sprintf("%s, because %q", shown(w.Code), w.Reason)
}

func joined[T any](list []T, text func(T) string) string {
	texts := make([]string, len(list))
	for i, element := range list {
		texts[i] = text(element)
	}
	return strings.Join(texts, ", ")
}
