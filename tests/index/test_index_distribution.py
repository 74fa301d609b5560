"""What is said of the quality of an index's points is true of them."""

from statistics import median

from lowfloat.index.distribution import best_first, points_of, quality_by, top_days


def test_every_point_is_counted_once_in_each_grouping(six_indexed):
    points = points_of(six_indexed)
    assert len(points) == sum(day.resets for day in six_indexed.days()) > 20
    for groups in quality_by(points).values():
        assert sum(spread.points for spread in groups.values()) == len(points)
        assert sum(sum(spread.bins) for spread in groups.values()) == len(points)


def test_a_group_holds_the_points_of_its_name(six_indexed):
    points = points_of(six_indexed)
    found = quality_by(points)
    for name, spread in found["category"].items():
        quality = [point.quality_score for point in points if point.category == name]
        assert (spread.points, spread.median) == (len(quality), median(quality))
        assert min(quality) <= spread.low <= spread.median <= spread.high <= max(quality)
    # 10:00 to 10:59 is hours 6 of a session that begins at 04:00.
    at_ten = sum(6 <= point.second / 3600 < 7 for point in points)
    assert found["hour"]["10:00"].points == at_ten > 0


def test_hours_are_in_their_order_and_patterns_by_their_median(six_indexed):
    found = quality_by(points_of(six_indexed))
    assert list(found["hour"]) == sorted(found["hour"])
    medians = [spread.median for spread in found["pattern"].values()]
    assert medians == sorted(medians, reverse=True)


def test_the_best_point_comes_first_and_the_best_day_too(six_indexed):
    points = best_first(points_of(six_indexed))
    assert points[0].quality_score == max(point.quality_score for point in points)
    assert points[-1].quality_score == min(point.quality_score for point in points)
    days = top_days(six_indexed, 3)
    assert len(days) == 3
    assert days[0].quality_score == max(day.quality_score for day in six_indexed.days())


def test_no_points_have_no_groups():
    assert quality_by([]) == {"category": {}, "hour": {}, "pattern": {}}
