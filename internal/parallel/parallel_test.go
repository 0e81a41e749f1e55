package parallel

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestDoDoesAllAFewAtOnce(t *testing.T) {
	for _, row := range []struct {
		n, atOnce int
		took      time.Duration
	}{{0, 3, 0}, {2, 3, 1}, {7, 3, 3}, {6, 1, 6}} {
		synctest.Test(t, func(t *testing.T) {
			begun, did := time.Now(), make([]int, row.n)
			err := Do(row.n, row.atOnce, func(i int) error {
				did[i]++
				time.Sleep(time.Second)
				return nil
			})
			if took := time.Since(begun); err != nil || took != row.took*time.Second {
				t.Errorf("%d, %d at once: took %s, want %d s; %v", row.n, row.atOnce, took, row.took, err)
			}
			for i, n := range did {
				if n != 1 {
					t.Errorf("%d was done %d times", i, n)
				}
			}
		})
	}
}

func TestDoEndsWithTheFirstError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken, did := errors.New("broken"), make([]bool, 100)
		err := Do(len(did), 4, func(i int) error {
			did[i] = true
			time.Sleep(time.Second)
			if i == 9 {
				return broken
			}
			return nil
		})
		if !errors.Is(err, broken) {
			t.Errorf("%v", err)
		}
		// 8 to 11 are under way when 9 fails; whoever ends in the same moment may begin one more.
		if !did[11] || did[16] {
			t.Errorf("did %v", did)
		}
	})
}
