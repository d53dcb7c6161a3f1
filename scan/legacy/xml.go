package legacy

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/reeve-go/reeve/internal/text"
)

// An element is one of XML, with its attributes; the texts between elements say nothing in these documents.
type element struct {
	name     string
	attrs    map[string]string
	children []element
}

// names returns the attribute of those of the element's children that are called so.
func (e *element) names(child, attr string) []string {
	var all []string
	for _, c := range e.children {
		if c.name == child && c.attrs[attr] != "" {
			all = append(all, c.attrs[attr])
		}
	}
	return all
}

// A markup reads XML of bounded size and depth, without any entities but XML's own.
type markup struct {
	decoder *xml.Decoder
	depth   int
}

func readMarkup(from string) (*markup, error) {
	if len(from) > MaxDocument {
		return nil, fmt.Errorf("it has %d bytes; at most %d are right", len(from), MaxDocument)
	}
	for rest := from; rest != ""; {
		tag, after, _ := strings.Cut(rest, "<")
		if len(tag) > maxTag {
			return nil, fmt.Errorf("a tag or a text in it has %d bytes; at most %d are right", len(tag), maxTag)
		}
		rest = after
	}
	d := xml.NewDecoder(strings.NewReader(from))
	d.CharsetReader = func(label string, _ io.Reader) (io.Reader, error) {
		return nil, fmt.Errorf("it is said to be in %s; UTF-8 is right", quote(label))
	}
	return &markup{decoder: d}, nil
}

var errNoElement = errors.New("no more elements")

// next returns the next element within the one that was begun last, without its children, and errNoElement at that one's end.
func (m *markup) next() (element, error) {
	for {
		token, err := m.decoder.Token()
		if errors.Is(err, io.EOF) && m.depth == 0 {
			return element{}, errNoElement
		}
		if err != nil {
			const most = 200
			return element{}, fmt.Errorf("it is no XML: %s", text.Clip(err.Error(), most))
		}
		switch t := token.(type) {
		case xml.StartElement:
			if m.depth++; m.depth > maxElements {
				return element{}, fmt.Errorf("its elements are nested more than %d deep; less is right", maxElements)
			}
			e := element{name: t.Name.Local, attrs: make(map[string]string, len(t.Attr))}
			for _, a := range t.Attr {
				e.attrs[a.Name.Local] = a.Value
			}
			return e, nil
		case xml.EndElement:
			m.depth--
			return element{}, errNoElement
		case xml.Directive:
			return element{}, errors.New("there is a DOCTYPE or another declaration in it; elements alone are right")
		}
	}
}

// each reads what is within the element that was begun last. The function reads, by fill, skip or each, what is within each of those.
func (m *markup) each(see func(e *element) error) error {
	for {
		e, err := m.next()
		if errors.Is(err, errNoElement) {
			return nil
		}
		if err == nil {
			err = see(&e)
		}
		if err != nil {
			return err
		}
	}
}

// maxChildren is how many elements may be within one fact.
const maxChildren = 50_000

// fill reads an element's children.
func (m *markup) fill(e *element) error {
	return m.each(func(c *element) error {
		if len(e.children) == maxChildren {
			return fmt.Errorf("an element %s has more than %d others in it; at most so many are right", quote(e.name), maxChildren)
		}
		e.children = append(e.children, *c)
		return m.skip()
	})
}

func (m *markup) skip() error {
	return m.each(func(*element) error { return m.skip() })
}

// A writing writes XML with attributes in single quotes, as the original does. An attribute that is empty is left out.
type writing struct{ out bytes.Buffer }

func (w *writing) open(name string, attrs ...string)  { w.tag(name, ">", attrs) }
func (w *writing) empty(name string, attrs ...string) { w.tag(name, "/>", attrs) }
func (w *writing) close(name string)                  { w.out.WriteString("</" + name + ">") }

func (w *writing) String() string { return w.out.String() }

func (w *writing) tag(name, end string, attrs []string) {
	w.out.WriteString("<" + name)
	for i := 0; i+1 < len(attrs); i += 2 {
		if attrs[i+1] != "" {
			w.out.WriteString(" " + attrs[i] + "='")
			_ = xml.EscapeText(&w.out, []byte(attrs[i+1])) // a buffer takes everything
			w.out.WriteString("'")
		}
	}
	w.out.WriteString(end)
}
