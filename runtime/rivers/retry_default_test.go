package rivers_test

import (
	"strings"
	"testing"
	"time"

	"rivers.io/runtime/rivers"
)

func TestDefaultRetry(t *testing.T) {
	a := rivers.NewAsset("a", func(*rivers.Context) (int, error) { return 1, nil })
	repo := rivers.NewRepository("r", rivers.Assets(a), rivers.DefaultRetry(2, rivers.ConstantBackoff(time.Second)))
	if err := repo.Validate(); err != nil {
		t.Fatal(err)
	}
	if p := repo.DefaultRetryPolicy(); p == nil || p.MaxRetries != 2 || p.Wait(1, 0.5) != time.Second {
		t.Errorf("got %+v", p)
	}
	if p := rivers.NewRepository("r", rivers.Assets(a)).DefaultRetryPolicy(); p != nil {
		t.Errorf("without a default: %+v", p)
	}
	for name, items := range map[string][]rivers.Item{
		"two default": {rivers.DefaultRetry(1), rivers.DefaultRetry(2)},
		"is nil":      {rivers.DefaultRetry(1, nil)},
		"retries":     {rivers.DefaultRetry(-1)},
	} {
		err := rivers.NewRepository("r", append(items, rivers.Assets(a))...).Validate()
		if err == nil || !strings.Contains(strings.ToLower(err.Error()), name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
