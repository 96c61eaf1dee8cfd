package daemon

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/store"
)

// FoldConfig is what a Folder needs; zero fields take the default they name.
type FoldConfig struct {
	Location store.Location
	Graph    *asset.Graph
	// Settle is how long changes are gathered before they are folded (2 s).
	Settle time.Duration
	Logger *slog.Logger
}

// Folder folds the states of the partitions of assets that changed.
type Folder struct {
	cfg    FoldConfig
	cancel context.CancelFunc
	done   sync.WaitGroup
	once   sync.Once
}

// NewFolder returns a folder; Start begins.
func NewFolder(cfg FoldConfig) *Folder {
	if cfg.Settle <= 0 {
		cfg.Settle = 2 * time.Second
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Folder{cfg: cfg}
}

// Start folds every partitioned asset once and then follows the location. It is
// idempotent.
func (f *Folder) Start() {
	f.once.Do(func() {
		ctx, cancel := context.WithCancel(context.Background())
		f.cancel = cancel
		changed := make(chan []string)
		f.done.Go(func() { f.watch(ctx, changed) })
		f.done.Go(func() { f.fold(ctx, changed) })
	})
}

// Stop ends the folder and waits for it. It is idempotent.
func (f *Folder) Stop() {
	f.once.Do(func() { f.cancel = func() {} })
	f.cancel()
	f.done.Wait()
}

// watch tells which assets changed; nil means any.
func (f *Folder) watch(ctx context.Context, changed chan<- []string) {
	for hints, err := range f.cfg.Location.WatchLocation(ctx, "") {
		if err != nil {
			if ctx.Err() == nil {
				f.cfg.Logger.Warn("partition states are not followed any more", "error", err)
			}
			return
		}
		for _, h := range hints.Hints {
			if !concernsAssets(h) {
				continue
			}
			select {
			case changed <- h.Assets:
			case <-ctx.Done():
				return
			}
		}
	}
}

func concernsAssets(h store.Hint) bool {
	for _, k := range h.Kinds {
		if k == store.HintAsset {
			return true
		}
	}
	return false
}

// fold gathers changes for a while and then folds each changed asset once.
func (f *Folder) fold(ctx context.Context, changed <-chan []string) {
	dirty := f.partitioned()
	timer := time.NewTimer(f.cfg.Settle)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case names := <-changed:
			if len(dirty) == 0 {
				timer.Reset(f.cfg.Settle)
			}
			f.mark(dirty, names)
		case <-timer.C:
			f.foldAll(ctx, dirty)
			clear(dirty)
		}
	}
}

func (f *Folder) partitioned() map[int]bool {
	out := map[int]bool{}
	for i := range f.cfg.Graph.Len() {
		if f.cfg.Graph.Space(i) != nil {
			out[i] = true
		}
	}
	return out
}

func (f *Folder) mark(dirty map[int]bool, names []string) {
	if len(names) == 0 {
		for i := range f.partitioned() {
			dirty[i] = true
		}
		return
	}
	for _, name := range names {
		if i, ok := f.cfg.Graph.Index(name); ok && f.cfg.Graph.Space(i) != nil {
			dirty[i] = true
		}
	}
}

func (f *Folder) foldAll(ctx context.Context, dirty map[int]bool) {
	for i := range dirty {
		name := f.cfg.Graph.At(i).Name
		err := f.cfg.Location.FoldPartitions(ctx, name, f.cfg.Graph.Space(i), time.Now().UTC())
		if err != nil && ctx.Err() == nil {
			f.cfg.Logger.Warn("states of partitions were not folded", "asset", name, "error", err)
		}
	}
}
