// Command demo serves the pages over a made-up history, for people who work on
// them:
//
//	go run ./ui/uitest/demo -listen 127.0.0.1:3900
//
// It must never be linked into a program of the product.
package main

import (
	"context"
	"flag"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"time"

	"rivers.io/ui/uitest"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:3900", "address")
	hostile := flag.Bool("hostile", false, "add an asset whose names attack the page")
	empty := flag.Bool("empty", false, "no history")
	flag.Parse()
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	if err := run(*listen, *hostile, *empty, logger); err != nil {
		logger.Error("demo ended", "err", err)
		os.Exit(1)
	}
}

func run(listen string, hostile, empty bool, logger *slog.Logger) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	dir, err := os.MkdirTemp("", "rivers-demo")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	site, err := uitest.Open(ctx, uitest.Options{Dir: dir, Now: time.Now(), Hostile: hostile, Empty: empty, Logger: logger})
	if err != nil {
		return err
	}
	defer func() { _ = site.Close() }()
	site.Clock.Free()
	server := &http.Server{Addr: listen, Handler: site.Server, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		<-ctx.Done()
		site.Server.Drain()
		_ = server.Shutdown(context.Background())
	}()
	logger.Info("serving", "url", "http://"+listen)
	if err := server.ListenAndServe(); err != http.ErrServerClosed {
		return err
	}
	return nil
}
