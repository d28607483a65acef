package dev.wsss.datasets;

import dev.wsss.api.SplitMix;

/**
 * A shape in a scene.
 *
 * @param radius of the circle around the outline
 * @param cos cosine of the rotation
 * @param texture 0 plain, 1 stripes, 2 dots, 3 checks
 */
record ShapeItem(ShapeKind kind, double x, double y, double radius, double cos, double sin, int colour, int texture) {
    /** Body colours; each class takes one of two of them, so that none tells a class. */
    private static final int[] BODY = {0xCC3A2E, 0xE8A01E, 0x1C9490, 0x7A48B8};

    /** A shape of any rotation, colour and texture. */
    static ShapeItem any(SplitMix random, ShapeKind kind, double x, double y, double radius) {
        double turn = random.range(-0.6, 0.6);
        int colour = BODY[(kind.ordinal() + random.below(2)) % BODY.length];
        int texture = random.below(4);
        return new ShapeItem(kind, x, y, radius, StrictMath.cos(turn), StrictMath.sin(turn), colour, texture);
    }

    /** Whether a circle lies further from this shape's than a share of both radii together. */
    boolean apartFrom(double otherX, double otherY, double otherRadius, double share) {
        double dx = otherX - x;
        double dy = otherY - y;
        double apart = share * (otherRadius + radius);
        return dx * dx + dy * dy >= apart * apart;
    }

    /** Whether the outline holds a point. */
    boolean holds(double px, double py) {
        double u = px - x;
        double v = py - y;
        return u * u + v * v < 1.21 * radius * radius && distance(u, v) < 0;
    }

    private double distance(double u, double v) {
        return kind.distance(localX(u, v), localY(u, v));
    }

    private double localX(double u, double v) {
        return (cos * u + sin * v) / radius;
    }

    /** Upwards, as the outlines are given. */
    private double localY(double u, double v) {
        return (sin * u - cos * v) / radius;
    }

    /**
     * Draws the shape and its shadow over what is there.
     *
     * @param density pixels of the unit of length
     */
    void draw(double px, double py, double density, Light light, double[] rgb) {
        double u = px - x;
        double v = py - y;
        double reach = 1.6 * radius;
        if (u * u + v * v > reach * reach) {
            return;
        }
        double shift = 0.13 * radius;
        double shadow = 0.5 * Paint.clamp((0.12 - distance(u + shift * light.x(), v - shift * light.y())) * 4);
        Paint.dim(rgb, 1 - shadow);

        double lx = localX(u, v);
        double ly = localY(u, v);
        double pixels = radius * density;
        double d = kind.distance(lx, ly);
        double cover = Paint.clamp(0.5 - d * pixels);
        if (cover == 0) {
            return;
        }
        double roundness = 1 - 0.16 * (lx * lx + ly * ly) + 0.24 * (light.x() * u + -light.y() * v) / radius;
        double rim = 0.5 + 0.5 * Paint.clamp(-d * 14);
        Paint.over(rgb, colour, cover, (roundness + 0.13 * pattern(texture, lx, ly, pixels)) * rim);

        double bx = lx - kind.badgeX;
        double by = ly - kind.badgeY;
        double r = Math.sqrt(bx * bx + by * by);
        double outer = Paint.clamp((kind.badgeRadius - r) * pixels + 0.5);
        double inner = Paint.clamp((0.5 * kind.badgeRadius - r) * pixels + 0.5);
        Paint.over(rgb, kind.badgeOuter, Math.min(cover, outer), roundness);
        Paint.over(rgb, kind.badgeInner, Math.min(cover, inner), roundness);
    }

    /** Between -1 and 1, with soft edges. */
    private static double pattern(int texture, double x, double y, double pixels) {
        double soft = pixels / 10;
        double a = triangle(2.2 * x);
        double b = triangle(2.2 * y);
        return switch (texture) {
            case 1 -> Math.min(1, Math.max(-1, soft * 4 * triangle(1.5 * (x + y))));
            case 2 -> Paint.clamp(soft * 3 * (a + b - 0.9)) * 2 - 1;
            case 3 -> Math.min(1, Math.max(-1, soft * 8 * a * b));
            default -> 0;
        };
    }

    /** Period 1, between -1 and 1. */
    private static double triangle(double t) {
        return 4 * Math.abs(t - Math.floor(t) - 0.5) - 1;
    }
}
