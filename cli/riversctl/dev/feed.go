package dev

import "rivers.io/ui"

type feed struct{}

func newFeed() *feed { return &feed{} }

func (f *feed) set(ui.Location) {}
