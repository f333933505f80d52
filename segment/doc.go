// Package segment answers: who are our accounts, and which of them are key?
//
// A [Summary] folds transaction lines into one [Account] each. With lines l of
// an account, returns being those for which [keyaccount.Transaction.IsReturn]
// holds, and under the default policy:
//
//	Net           = Σ amount(l) = Gross + Returns      exact, in any order
//	DaysSinceLast = day(asOf) − max day(l), l no return, in calendar days
//
// [FitRFM] finds the cuts of recency, frequency and monetary value, and
// [Model.Score] counts how many cuts c an account is beyond:
//
//	F = 1 + |{k : Orders > c_k}|,  M likewise with Net,  R = Bins − |{k : DaysSinceLast > c_k}|
//
// A further [Dimension] is scored likewise on what Account.Figures hold under
// its name: [Length] makes LRFM of it, a margin and days of payment delay are
// the host's to fill in with [SetFigure]. A figure that is not known has no
// score, never the worst one. Rules, migration, causes, hysteresis and
// explanations speak of further dimensions as of the three.
//
// What a Summary collects beyond that, such as calendar periods, categories, the
// days of orders, or the lines themselves so that [Summary.Remove] can take one
// back, is an option that costs memory and defaults to off; asking for what was
// not collected is [ErrNotCollected]. How returns, same-day orders and accounts
// that only returned count is an [AccountPolicy], read by [Summary.Roster] from
// the same state. [FoldColumns] is the entry for tens of millions of rows, and
// gives the same bytes. What a host keeps it plugs in as a [SummaryStore],
// [ModelStore] or [ScoreStore], which segmenttest checks.
//
// # The scoring law
//
// Under every rule of a Model:
//
//   - equal values get equal scores;
//   - a better value never gets a worse score;
//   - neither the order of the rows, nor the IDs, nor the unit of a figure
//     matters;
//   - a score that nobody has, because equal values stay together, is reported
//     (Collapsed, with Counts), never silent.
//
// There are three exceptions, none of them a default and each for a reason:
// [RPlusOne] has a unit in it, as R's rfm does; with [RFMOptions.Nested] the
// law holds among accounts whose scores before are equal; and [NtileScores] is
// no rule of a Model, because it parts equal values.
//
// To fit and to score are separate acts. A Model is kept as JSON and scores
// later accounts by the cuts it has; [NewModel] makes one of cuts that a
// database or a sketch found.
//
// # Segments, playbooks and value classes
//
// [Rules] turn the scores into a [Segment], by the first that matches. They are
// proven, when they are built, to leave no combination of scores, or of figures
// that are not known, without a segment and no rule without effect; [Rules.Coverage] reports gaps,
// overlaps and rules that never decide, cell by cell. A [Playbook] has what is
// to be done for every one of them. [ABC] classifies by cumulative share of
// the positive total, at limits that are given or computed, [Tiers] by rank,
// and [Lorenz] says how concentrated it all is.
//
//	sum := segment.NewSummary(segment.SummaryOptions{Location: shanghai})
//	for tx, err := range source.Transactions(ctx, period) {
//		if err != nil {
//			return err
//		}
//		if err := sum.Add(tx); err != nil {
//			return err
//		}
//	}
//	accounts := sum.Accounts(asOf)
//	model, err := segment.FitRFM(accounts, nil)
//	if err != nil {
//		return err
//	}
//	for _, a := range accounts {
//		s := model.Score(a) // s.R, s.F, s.M, s.Segment, s.Reasons
//		fmt.Println(a.ID, s.Code(), s.Segment.Label("zh"), s.Reasons.Labels("zh"))
//	}
//
// # Key accounts, and those that could become key
//
// What makes an account key is a [CriteriaPolicy]: criteria with a direction,
// a weight and bounds, weights given or found ([WeighAHP], [EntropyWeights],
// [CRITICWeights]), scores by one or several raters ([CombineRaters]).
// [RankSPOTIS] ranks between fixed bounds, so that adding an account cannot
// reorder the others; [RankTOPSIS] and weighted sums stand beside it, and
// [TopSensitivity] says how far a weight may move before the top changes.
// [PlacePortfolio] puts accounts into the attractiveness-strength matrix.
//
// [RankPotential] joins what speaks for a future key account: headroom against
// its peers ([WhiteSpace]), a trend that is sure ([FitTrend]), the resemblance
// to those that became key ([FitPropensity]) and referrals. [BackTest] such a
// ranking on history before trusting it: on retail data "the largest now" is
// hard to beat. [NewProfile] is the account on one page, [Cohorts] and
// [Lifecycle] show how customers stay, come back and go.
//
// # Regular re-evaluation
//
// [Migrate] scores two dates with one frozen model and names who moved,
// [PSI] tells whether a population changed more than chance, [SplitCauses]
// parts what accounts did from what a refit did to them, a [Hysteresis] keeps
// those at a border from flipping, and [Explain] says what the next score
// needs. A [ReviewPolicy] says who is due.
//
// Sources, where a method does not name its own:
//
//   - RFM: Hughes, Strategic Database Marketing (1994); Bult and Wansbeek,
//     Optimal Selection for Direct Mail, Marketing Science 14 (1995) 378-394.
//   - [Type1] to [Type9]: Hyndman and Fan, Sample Quantiles in Statistical
//     Packages, The American Statistician 50 (1996) 361-365.
//   - [MidRank]: Parzen, Quantile Probability and Statistical Data Modeling,
//     Statistical Science 19 (2004) 652-662, on the mid-distribution function.
//   - [NaturalBreaks]: Jenks, The Data Model Concept in Statistical Mapping,
//     International Yearbook of Cartography 7 (1967) 186-190; Fisher, On
//     Grouping for Maximum Homogeneity, Journal of the American Statistical
//     Association 53 (1958) 789-798.
//   - [ABC]: Dickie, ABC Inventory Analysis Shoots for Dollars Not Pennies,
//     Factory Management and Maintenance 109 (1951) 92-94.
//   - [ABCLimits]: Ultsch and Lötsch, Computed ABC Analysis for Rational
//     Selection of Most Informative Variables in Multivariate Data, PLoS ONE 10
//     (2015) e0129767.
//   - [Lorenz]: Lorenz, Methods of Measuring the Concentration of Wealth,
//     Publications of the American Statistical Association 9 (1905) 209-219;
//     Gini, Variabilità e mutabilità (1912).
package segment
