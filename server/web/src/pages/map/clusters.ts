// Spots that would lie upon each other at a zoom are one, where the busiest of them stands: so a cluster does not wander from one
// zoom to the next. There are a few thousand at most, so each is held against all.
import type { Spot } from "./rows";

export interface Cluster {
    latitude: number;
    longitude: number;
    spots: Spot[];
    reports: number;
}

export function clustersOf(spots: Spot[], apart: number, project: (spot: Spot) => { x: number; y: number }): Cluster[] {
    const clusters: { x: number; y: number; cluster: Cluster }[] = [];
    for (const spot of [...spots].sort((a, b) => b.reports - a.reports)) {
        const { x, y } = project(spot);
        const near = clusters.find((one) => Math.hypot(one.x - x, one.y - y) < apart);
        if (near) {
            near.cluster.spots.push(spot);
            near.cluster.reports += spot.reports;
        } else {
            const cluster = { latitude: spot.latitude, longitude: spot.longitude, spots: [spot], reports: spot.reports };
            clusters.push({ x, y, cluster });
        }
    }
    return clusters.map((one) => one.cluster);
}
