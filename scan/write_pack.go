package scan

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"hash"
	"runtime"
	"sync"
)

const (
	// packed is how many bytes of lines are compressed at once, rather more, and mostPackers how many goroutines do so.
	packed      = 512 << 10
	mostPackers = 4
)

// A packer is the compressed lines of a result, made while they are read: blocks of lines, each a member of a gzip file, and some of them at work while
// one is read. They come out the same whenever the lines are the same.
type packer struct {
	next func() ([]byte, error)
	look func()
	zips *sync.Pool
	sum  hash.Hash
	// blocks take turns; that of the turn is read.
	blocks []*packedBlock
	turn   int
	work   sync.WaitGroup
	// ended is what the lines ended with, and err that once all before has been read.
	ended, err error
}

// A packedBlock is some lines, and these compressed once done can be received from.
type packedBlock struct {
	lines []byte
	out   bytes.Buffer
	done  chan struct{}
}

// newPacker returns one that calls look each time that it has gone on. Its compressors come out of zips.
func newPacker(next func() ([]byte, error), look func(), zips *sync.Pool) *packer {
	return &packer{next: next, look: look, zips: zips, sum: sha256.New()}
}

// newZip makes what is in a pool of compressors.
func newZip() any {
	zip, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is right
	return zip
}

// Read is an io.Reader's.
func (p *packer) Read(b []byte) (int, error) {
	for p.err == nil {
		if len(p.blocks) > 0 && p.blocks[p.turn].out.Len() > 0 {
			return p.blocks[p.turn].out.Read(b)
		}
		p.goOn()
	}
	return 0, p.err
}

// goOn waits for the next block, after having others begun.
func (p *packer) goOn() {
	defer p.look()
	if len(p.blocks) == 0 {
		for range 1 + min(mostPackers, runtime.GOMAXPROCS(0)) {
			b := &packedBlock{done: make(chan struct{}, 1)}
			p.blocks = append(p.blocks, b)
			p.begin(b)
		}
	} else {
		p.begin(p.blocks[p.turn])
		p.turn = (p.turn + 1) % len(p.blocks)
	}
	if b := p.blocks[p.turn]; len(b.lines) > 0 {
		<-b.done
	} else {
		p.err = p.ended
	}
}

// begin has a block filled, and compressed by another goroutine. At the end of the lines it stays empty.
func (p *packer) begin(b *packedBlock) {
	b.lines = b.lines[:0]
	for p.ended == nil && len(b.lines) < packed {
		var line []byte
		if line, p.ended = p.next(); p.ended == nil {
			b.lines = append(b.lines, line...)
		}
	}
	if len(b.lines) == 0 {
		return
	}
	p.sum.Write(b.lines)
	p.work.Go(func() {
		zip := p.zips.Get().(*gzip.Writer) // nothing else is in it
		defer p.zips.Put(zip)
		b.out.Reset()
		zip.Reset(&b.out)
		_, _ = zip.Write(b.lines) // a buffer takes everything
		_ = zip.Close()
		b.done <- struct{}{}
	})
}

// close waits for what is at work.
func (p *packer) close() { p.work.Wait() }
