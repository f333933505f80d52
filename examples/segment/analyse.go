package main

import (
	"errors"
	"io"
	"time"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/segment"
	"github.com/keyaccount/keyaccount/segment/affinity"
)

// report is what is printed.
type report struct {
	Model    *segment.Model     `json:"model"`
	Classes  []segment.ABCTotal `json:"abc"`
	Segments []segmentReport    `json:"segments"`
	Moves    *movesReport       `json:"moves,omitempty"`
	Accounts []accountReport    `json:"accounts"`
}

// segmentReport is a named segment and what to do for it.
type segmentReport struct {
	Segment  segment.Segment `json:"segment"`
	Accounts int             `json:"accounts"`
	Play     *segment.Play   `json:"play,omitempty"`
}

// movesReport is who moved between two dates under one model.
type movesReport struct {
	*segment.Migration
	// Sentences tells each move in words.
	Sentences []moveReport `json:"sentences"`
}

type moveReport struct {
	ID   string   `json:"id"`
	Kind string   `json:"kind"`
	Text []string `json:"text"`
}

type accountReport struct {
	segment.Account
	Score     segment.Score    `json:"score"`
	Code      string           `json:"code"`
	Class     segment.ABCClass `json:"class"`
	Share     float64          `json:"share"`
	Recommend []recommendation `json:"recommend,omitempty"`
}

type recommendation struct {
	affinity.Recommendation
	Text string `json:"text"`
}

// fold is what one pass over the transactions leaves behind.
type fold struct {
	now, before *segment.Summary
	purchases   *affinity.Purchases
	last        time.Time
	rows        int
}

func (s settings) fold(in io.Reader) (*fold, error) {
	o := segment.SummaryOptions{Location: s.zone}
	f := &fold{
		now: segment.NewSummary(o), before: segment.NewSummary(o),
		purchases: affinity.NewPurchases(affinity.PurchasesOptions{Location: s.zone}),
	}
	err := readCSV(in, s.zone, func(tx keyaccount.Transaction) error {
		f.rows++
		if !s.asOf.IsZero() && !tx.Time.Before(s.asOf) {
			return nil
		}
		if tx.Time.After(f.last) {
			f.last = tx.Time
		}
		if !s.before.IsZero() && tx.Time.Before(s.before) {
			if err := f.before.Add(tx); err != nil {
				return err
			}
		}
		if s.recommend > 0 {
			if err := f.purchases.Add(tx); err != nil {
				return err
			}
		}
		return f.now.Add(tx)
	})
	return f, err
}

// analyse is the whole job: fold, fit or take the kept model, score, classify,
// compare with the earlier day, recommend.
func (s settings) analyse(in io.Reader, model *segment.Model) (*report, error) {
	f, err := s.fold(in)
	if err != nil {
		return nil, err
	}
	switch {
	case f.rows == 0:
		return nil, errors.New("there are no transactions below the names of the columns")
	case f.last.IsZero():
		return nil, errors.New("no transaction lies before -asof")
	}
	asOf := s.asOf
	if asOf.IsZero() {
		y, m, d := f.last.In(s.zone).Date()
		asOf = time.Date(y, m, d+1, 0, 0, 0, 0, s.zone)
	}
	accounts := f.now.Accounts(asOf)
	if model == nil {
		// Who compares two dates keeps the earlier one's cuts: a refit would
		// move accounts that did nothing.
		of := accounts
		if !s.before.IsZero() {
			of = f.before.Accounts(s.before)
		}
		if model, err = segment.FitRFM(of, &segment.RFMOptions{Bins: s.bins}); err != nil {
			return nil, err
		}
	}
	out := &report{Model: model}
	if err := out.grade(accounts); err != nil {
		return nil, err
	}
	if !s.before.IsZero() {
		if out.Moves, err = moves(model, f.before.Accounts(s.before), accounts, s.lang); err != nil {
			return nil, err
		}
	}
	if s.recommend > 0 {
		return out, out.recommendTo(f.purchases, s.recommend, s.lang)
	}
	return out, nil
}

// grade scores and classifies the accounts and counts the segments.
func (r *report) grade(accounts []segment.Account) error {
	abc, err := segment.ABC(accounts, nil)
	if err != nil {
		return err
	}
	r.Classes = abc.Classes
	places := make(map[string]segment.ABCAccount, len(abc.Accounts))
	for _, a := range abc.Accounts {
		places[a.ID] = a
	}
	count := map[string]int{}
	for _, a := range accounts {
		score, place := r.Model.Score(a), places[a.ID]
		count[score.Segment.Key]++
		r.Accounts = append(r.Accounts, accountReport{
			Account: a, Score: score, Code: score.Code(), Class: place.Class, Share: place.Share,
		})
	}
	if r.Model.Rules == nil {
		return nil
	}
	book := segment.DefaultPlaybook()
	for _, s := range r.Model.Rules.Segments() {
		line := segmentReport{Segment: s, Accounts: count[s.Key]}
		if play, ok := book.For(s); ok {
			line.Play = &play
		}
		r.Segments = append(r.Segments, line)
	}
	return nil
}

// moves compares two dates under one model, and tells each move in words.
func moves(model *segment.Model, before, after []segment.Account, lang string) (*movesReport, error) {
	m, err := segment.Migrate(model, before, after)
	if err != nil {
		return nil, err
	}
	out := &movesReport{Migration: m}
	for _, move := range m.Moves {
		e, err := segment.ExplainMove(model, m, move, nil)
		if err != nil {
			return nil, err
		}
		out.Sentences = append(out.Sentences, moveReport{ID: move.ID, Kind: move.Kind.Label(lang), Text: e.Sentences(lang)})
	}
	return out, nil
}

// recommendTo adds to each account what it may buy next, with its own segment
// as the group of peers.
func (r *report) recommendTo(p *affinity.Purchases, n int, lang string) error {
	segments := make(map[string]string, len(r.Accounts))
	for _, a := range r.Accounts {
		if key := a.Score.Segment.Key; key != "" {
			segments[a.ID] = key
		}
	}
	model, err := affinity.Fit(p, &affinity.FitOptions{Segments: segments})
	if err != nil {
		return err
	}
	for i := range r.Accounts {
		a := &r.Accounts[i]
		history := p.History(a.ID)
		history.Segment = segments[a.ID]
		next, err := model.Next(history, &affinity.NextOptions{N: n})
		if err != nil {
			return err
		}
		for _, x := range next {
			a.Recommend = append(a.Recommend, recommendation{x, x.Explain(lang)})
		}
	}
	return nil
}
