import re

from evaluations.reports.loss_curve import loss_curve

POINTS = [(10, 4.0, None), (20, 2.0, 3.0), (40, 0.01, 0.02)]


def test_the_description_says_where_each_line_begins_and_ends() -> None:
    curve = loss_curve(POINTS, steps=40, ident="a", title="Loss")
    assert curve is not None
    assert "Training loss: 4.000 nats a token at step 10, 0.010 at step 40." in curve.description
    assert "Held-out loss: 3.000 nats a token at step 20, 0.020 at step 40." in curve.description


def test_two_labels_at_the_bottom_stand_apart_and_above_the_axis() -> None:
    curve = loss_curve(POINTS, steps=40, ident="a", title="Loss")
    assert curve is not None
    places = [float(y) for y in re.findall(r'y="([\d.]+)"[^>]*>(?:Training|Held out) \d', str(curve.wide))]
    assert len(places) == 2
    assert abs(places[0] - places[1]) >= 14
    # The axis lies at 248 - 36 = 212.
    assert max(places) < 212


def test_without_a_loss_there_is_no_curve() -> None:
    assert loss_curve([(1, None, None)], steps=10, ident="a", title="Loss") is None


def test_every_drawing_names_its_axes_and_units() -> None:
    curve = loss_curve(POINTS, steps=40, ident="a", title="Loss")
    assert curve is not None
    for drawing in (str(curve.wide), str(curve.narrow)):
        assert "Loss, nats a token" in drawing
        assert "Training step, of 40" in drawing
