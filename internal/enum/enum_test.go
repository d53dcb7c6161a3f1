package enum_test

import (
	"testing"

	"github.com/reeve-go/reeve/internal/enum"
)

type colour uint8

func TestNames(t *testing.T) {
	t.Parallel()
	names := []string{"red", "blue"}
	if got := enum.String(names, colour(1), "Colour") + enum.String(names, colour(7), "Colour"); got != "blueColour(7)" {
		t.Errorf("got %s", got)
	}
	if text, err := enum.Marshal(names, colour(1), "paint", "colour"); err != nil || string(text) != "blue" {
		t.Errorf("got %s, %v", text, err)
	}
	if _, err := enum.Marshal(names, colour(2), "paint", "colour"); err == nil || err.Error() != `paint: 2 is no colour; one of "red", "blue" is` {
		t.Errorf("got %v", err)
	}
	c := colour(9)
	if err := enum.Unmarshal(names, &c, []byte("pink"), "paint", "colour"); c != 9 || err == nil || err.Error() != `paint: "pink" is no colour; one of "red", "blue" is` {
		t.Errorf("got %v, %v", c, err)
	}
	if err := enum.Unmarshal(names, &c, []byte("blue"), "paint", "colour"); err != nil || c != 1 {
		t.Errorf("got %v, %v", c, err)
	}
}
