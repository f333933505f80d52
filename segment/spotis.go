package segment

// RankSPOTIS scores by the distance to the ideal account, between fixed bounds
// (Stable Preference Ordering Towards Ideal Solution):
//
//	Score = Σ w_j |x_j - best_j| / (Hi_j - Lo_j),  Σ w_j = 1
//
// from 0 for an account at the better bound of every criterion to 1 for one at
// the worse; lower is better. The score depends on the account's own values
// only, so that adding, removing or changing an account cannot reorder the
// others. Every criterion needs bounds.
//
// Source: Dezert, Tchamova, Han, Tacnet, The SPOTIS rank reversal free method
// for multi-criteria decision-making support, FUSION 2020.
func RankSPOTIS(policy CriteriaPolicy, alternatives []Alternative) (*Ranking, error) {
	return RankBy(MethodSPOTIS, policy, alternatives)
}
