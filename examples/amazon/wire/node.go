package wire

import (
	"encoding/xml"
	"slices"
	"strings"
)

// A Node is an XML element. Names are without namespaces, which nobody here looks at.
type Node struct {
	XMLName  xml.Name
	Text     string  `xml:",chardata"`
	Children []*Node `xml:",any"`
}

// E returns an element with children; nil ones are left out.
func E(name string, children ...*Node) *Node {
	children = slices.DeleteFunc(children, func(n *Node) bool { return n == nil })
	return &Node{XMLName: xml.Name{Local: name}, Children: children}
}

// T returns an element with a text.
func T(name, text string) *Node { return &Node{XMLName: xml.Name{Local: name}, Text: text} }

// Parse reads an XML document.
func Parse(document string) (*Node, error) {
	n := &Node{}
	if err := xml.Unmarshal([]byte(document), n); err != nil {
		return nil, err
	}
	n.tidy()
	return n, nil
}

// tidy removes namespaces, and the white space between elements.
func (n *Node) tidy() {
	n.XMLName.Space = ""
	if len(n.Children) > 0 {
		n.Text = ""
	}
	for _, child := range n.Children {
		child.tidy()
	}
}

// Bytes returns the document.
func (n *Node) Bytes() ([]byte, error) {
	text, err := xml.Marshal(n)
	return append([]byte(xml.Header), text...), err
}

// At returns the first element at a path of names with slashes between them; nil: there is none.
func (n *Node) At(path string) *Node {
	for name := range strings.SplitSeq(path, "/") {
		i := slices.IndexFunc(n.Children, func(c *Node) bool { return c.XMLName.Local == name })
		if i < 0 {
			return nil
		}
		n = n.Children[i]
	}
	return n
}

// Get returns the text of the first element at a path; empty: there is none.
func (n *Node) Get(path string) string {
	if at := n.At(path); at != nil {
		return at.Text
	}
	return ""
}

// Set gives the first element at a path a text, and makes the elements that lack on the way.
func (n *Node) Set(path, text string) {
	for name := range strings.SplitSeq(path, "/") {
		child := n.At(name)
		if child == nil {
			child = T(name, "")
			n.Children = append(n.Children, child)
		}
		n = child
	}
	n.Text = text
}

// Clone returns a copy that has nothing in common with n.
func (n *Node) Clone() *Node {
	c := &Node{XMLName: n.XMLName, Text: n.Text, Children: make([]*Node, len(n.Children))}
	for i, child := range n.Children {
		c.Children[i] = child.Clone()
	}
	return c
}
