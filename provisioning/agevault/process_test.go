package agevault_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/provisioning/agevault"
)

// keepCounting puts ever higher numbers under three keys in turn, and says each when it was put. It begins where the
// last one ended.
func keepCounting(v *agevault.Vault) error {
	ctx := context.Background()
	next := 0
	for i := range 3 {
		n, err := counted(ctx, v, i)
		if err != nil {
			return err
		}
		next = max(next, n+1)
	}
	for ; ; next++ {
		// Both must come from one Put. Their length differs, and some take several blocks of the disk.
		value := []byte(fmt.Sprint(next) + strings.Repeat(" ", next%5*3000))
		if err := v.Put(ctx, counter(next%3), provisioning.Secrets{"one": {Value: value}, "two": {Value: value}}); err != nil {
			return err
		}
		fmt.Println(next)
	}
}

func counter(i int) provisioning.SecretKey {
	return provisioning.SecretKey{Request: "transfer-7", Resource: "counter", Generation: i}
}

// counted returns the number that is kept under a key; -1: none yet.
func counted(ctx context.Context, v *agevault.Vault, i int) (int, error) {
	s, err := v.Get(ctx, counter(i))
	if errors.Is(err, provisioning.ErrNoSecret) {
		return -1, nil
	}
	if err != nil {
		return 0, err
	}
	if one, two := string(s["one"].Value), string(s["two"].Value); one != two {
		return 0, fmt.Errorf("%q and %q were not put together", one, two)
	}
	return strconv.Atoi(strings.TrimSpace(string(s["one"].Value)))
}

// Whenever a process is killed, what it has put is there, and what it was about to put is either there or not.
func TestKilled(t *testing.T) {
	t.Parallel()
	v, dir, identity := newVault(t)
	kills := 25
	if testing.Short() {
		kills = 5
	}
	acknowledged := [3]int{-1, -1, -1}
	for range kills {
		cmd := command(t, "count", dir, identity)
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(stdout)
		var atWork sync.Once
		for lines.Scan() {
			n, err := strconv.Atoi(lines.Text())
			if err != nil {
				t.Fatal(err)
			}
			acknowledged[n%3] = n
			atWork.Do(func() {
				time.AfterFunc(rand.N(20*time.Millisecond), func() { _ = cmd.Process.Kill() })
			})
		}
		if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() >= 0 {
			t.Fatalf("the process ended with %v; it must go on until it is killed", err)
		}
		for i, least := range acknowledged {
			n, err := counted(t.Context(), v, i)
			if err != nil {
				t.Fatalf("after a kill: %v", err)
			}
			if n < least || n > least+3 {
				t.Fatalf("after a kill counter %d is %d; %d was put, and at most one more can be", i, n, least)
			}
			acknowledged[i] = n // from now on it is there
		}
	}
	keys, err := listed(t, v)
	if err != nil || len(keys) != 3 {
		t.Errorf("Keys lists %v and ends with %v; want three keys", keys, err)
	}
	t.Logf("%d kills, %v was put", kills, acknowledged)
	leftToSweep(t, dir)
	open(t, dir, identity)
	if left, err := filepath.Glob(filepath.Join(dir, "*.new")); err != nil || len(left) > 0 {
		t.Errorf("an hour later there are %v still (%v)", left, err)
	}
}

// leftToSweep makes what was left half written look old.
func leftToSweep(t *testing.T, dir string) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(dir, "*.new"))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d files were left half written", len(left))
	old := time.Now().Add(-2 * time.Hour)
	for _, path := range left {
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
}

// workOnOwn puts and deletes under keys that are its own, until its input ends. Then it says what must be there.
func workOnOwn(v *agevault.Vault, who string) error {
	ctx := context.Background()
	ended := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(ended)
	}()
	want := map[int]string{}
	for n := 0; ; n++ {
		select {
		case <-ended:
			for i, text := range want {
				fmt.Println(i, text)
			}
			return nil
		default:
		}
		i := n % 5
		key := provisioning.SecretKey{Request: "of " + who, Resource: "own", Generation: i}
		got, err := v.Get(ctx, key)
		if text, ok := want[i]; ok && (err != nil || string(got["password"].Value) != text) || !ok && !errors.Is(err, provisioning.ErrNoSecret) {
			return fmt.Errorf("under %v is %q (%w); %q was put", key, got["password"].Value, err, text)
		}
		if n%7 == 6 {
			delete(want, i)
			err = v.Delete(ctx, key)
		} else {
			want[i] = fmt.Sprintf("%s/%d", who, n)
			err = v.Put(ctx, key, password(want[i]))
		}
		if err != nil {
			return err
		}
	}
}

// Several processes work in one folder, while another writes everything anew and opens the vault again and again.
func TestProcesses(t *testing.T) {
	t.Parallel()
	v, dir, identity := newVault(t)
	const crew = 3
	var all sync.WaitGroup
	stop := make(chan struct{})
	for who := range crew {
		cmd := command(t, fmt.Sprint("work ", who), dir, identity)
		stdin, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		all.Go(func() {
			<-stop
			_ = stdin.Close()
		})
		all.Go(func() {
			said, err := cmd.Output()
			if err != nil {
				t.Errorf("process %d: %v", who, err)
			}
			want := map[provisioning.SecretKey]string{}
			for line := range strings.Lines(string(said)) {
				i, text, _ := strings.Cut(strings.TrimSpace(line), " ")
				generation, err := strconv.Atoi(i)
				if err != nil {
					t.Error(err)
				}
				want[provisioning.SecretKey{Request: fmt.Sprint("of ", who), Resource: "own", Generation: generation}] = text
			}
			for key, text := range want {
				if s, err := v.Get(t.Context(), key); err != nil || string(s["password"].Value) != text {
					t.Errorf("under %v is %q (%v); process %d has put %q", key, s["password"].Value, err, who, text)
				}
			}
			for key, err := range v.Keys(t.Context()) {
				if _, ok := want[key]; err != nil || key.Request == fmt.Sprint("of ", who) && !ok {
					t.Errorf("Keys lists %v (%v), which process %d has deleted", key, err, who)
				}
			}
		})
	}
	for range 20 {
		if err := open(t, dir, identity).Rewrite(t.Context()); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	all.Wait()
}

// putOnFullDisk tries to put while no file can have more than a few bytes.
func putOnFullDisk(v *agevault.Vault) error {
	signal.Ignore(syscall.SIGXFSZ)
	full := syscall.Rlimit{Cur: 700, Max: 700}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &full); err != nil {
		return err
	}
	err := v.Put(context.Background(), bucket, password("new"))
	if !errors.Is(err, syscall.EFBIG) {
		return fmt.Errorf("put on a full disk: the error is %w; want that the file cannot grow", err)
	}
	err = v.Rewrite(context.Background())
	if !errors.Is(err, syscall.EFBIG) {
		return fmt.Errorf("rewrite on a full disk: the error is %w; want that the file cannot grow", err)
	}
	return nil
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	v, dir, identity := newVault(t)
	put(t, v, bucket, password("xyzzy"))
	if err := command(t, "full", dir, identity).Run(); err != nil {
		t.Fatal(err)
	}
	holds(t, v, bucket, "xyzzy")
	if files, err := os.ReadDir(dir); err != nil || len(files) != 2 {
		t.Errorf("there are %v (%v); want an entry and the lock, and nothing that is half written", files, err)
	}
}
