// The map itself. Leaflet places the markers; what is in them, and what is chosen by one, is ours. Tiles are asked for only where
// the server names an address for them.
import * as L from "leaflet";
import { useEffect, useRef } from "preact/hooks";
import { number } from "../../format";
import { session } from "../../session";
import { language } from "../../words";
import { mapWords } from "../map.words";
import { clustersOf, type Cluster } from "./clusters";
import type { Spot } from "./rows";

const APART = 56; // pixels
const CLOSEST = 17;
const SWEDEN: L.LatLngBoundsExpression = [
    [55.3, 11],
    [69, 24],
];

function markerOf(cluster: Cluster): HTMLElement {
    const body = document.createElement("span");
    const unsafe = cluster.spots.reduce((sum, spot) => sum + spot.unsafe.length, 0);
    const only = cluster.spots.length === 1 ? cluster.spots[0]! : undefined;
    const size = cluster.reports >= 1000 ? "huge" : cluster.reports >= 100 ? "large" : cluster.reports >= 10 ? "middling" : "small";
    body.className = `spot ${only ? "one" : "several"} ${size}`;
    if (cluster.reports > 0) {
        const count = document.createElement("b");
        count.textContent = number(cluster.reports);
        body.append(count);
    }
    if (unsafe > 0) {
        const sign = document.createElement("i");
        sign.className = "unsafe";
        sign.textContent = unsafe > 1 ? `! ${unsafe}` : "!";
        body.append(sign);
    }
    if (only?.rows[0]?.place || only?.unsafe[0]?.place) {
        const name = document.createElement("span");
        name.className = "spot-name";
        name.textContent = only.name;
        body.append(name);
    }
    // What is seen is short; what is read out is a sentence.
    for (const part of body.children) part.setAttribute("aria-hidden", "true");
    const label = document.createElement("span");
    label.className = "unseen";
    label.textContent = labelOf(cluster);
    body.append(label);
    return body;
}

function labelOf(cluster: Cluster): string {
    const w = mapWords.value;
    const unsafe = cluster.spots.reduce((sum, spot) => sum + spot.unsafe.length, 0);
    const only = cluster.spots.length === 1 ? cluster.spots[0]! : undefined;
    const reports = only ? w.marker(only.name, cluster.reports) : w.cluster(cluster.spots.length, cluster.reports);
    if (unsafe === 0) return reports;
    const danger = w.unsafeMarker(only?.name ?? "", unsafe).replace(/^: /, "");
    return cluster.reports > 0 ? `${reports}. ${danger}` : danger;
}

function markerAt(cluster: Cluster, choose: (keys: string[]) => void): L.Marker {
    const keys = cluster.spots.map((spot) => spot.key);
    const icon = L.divIcon({ html: markerOf(cluster), className: "spot-box", iconSize: [44, 44] });
    const marker = L.marker([cluster.latitude, cluster.longitude], { icon, riseOnHover: true });
    marker.on("click", () => choose(keys));
    marker.on("add", () => {
        const element = marker.getElement()!;
        element.setAttribute("data-spots", keys.join(";"));
        element.addEventListener("keydown", (event) => {
            if (event.key !== "Enter" && event.key !== " ") return;
            event.preventDefault();
            choose(keys);
        });
    });
    return marker;
}

// What lies on the map: the clusters of a zoom, and markers of those that are in sight or half a map beside it. Of thousands of
// squares looked at closely hardly any is in sight.
interface Drawn {
    of: unknown[];
    clusters: Cluster[];
    markers: Map<Cluster, L.Marker>;
}

function draw(map: L.Map, layer: L.LayerGroup, drawn: Drawn, spots: Spot[], choose: (keys: string[]) => void): void {
    const zoom = map.getZoom();
    const of = [spots, zoom, language.value];
    // A marker with the focus comes back under it: one walks through the map by keys.
    const focused = document.activeElement?.getAttribute("data-spots");
    if (of.some((one, index) => one !== drawn.of[index])) {
        layer.clearLayers();
        drawn.of = of;
        drawn.clusters = clustersOf(spots, APART, (spot) => map.project([spot.latitude, spot.longitude], zoom));
        drawn.markers = new Map();
    }
    const inSight = map.getBounds().pad(0.5);
    for (const cluster of drawn.clusters) {
        const there = drawn.markers.get(cluster);
        if (inSight.contains([cluster.latitude, cluster.longitude]) === !!there) continue;
        if (there) {
            layer.removeLayer(there);
            drawn.markers.delete(cluster);
            continue;
        }
        const marker = markerAt(cluster, choose).addTo(layer);
        drawn.markers.set(cluster, marker);
        if (focused && focused === marker.getElement()!.getAttribute("data-spots")) marker.getElement()!.focus();
    }
}

function fit(map: L.Map, spots: Spot[], maxZoom: number): void {
    const bounds = L.latLngBounds(spots.map((spot) => [spot.latitude, spot.longitude]));
    if (bounds.isValid()) map.fitBounds(bounds, { maxZoom, padding: [48, 48], animate: false });
}

interface Props {
    spots: Spot[];
    fitsTo: string; // another: the map is moved to show all
    near: Spot[]; // to be looked at closer
    choose: (keys: string[]) => void;
}

export function Ground({ spots, fitsTo, near, choose }: Props) {
    const w = mapWords.value;
    const box = useRef<HTMLDivElement>(null);
    const made = useRef<{ map: L.Map; layer: L.LayerGroup; zoom: L.Control.Zoom; drawn: Drawn } | undefined>(undefined);
    const latest = useRef({ spots, choose });
    latest.current = { spots, choose };
    useEffect(() => {
        const map = L.map(box.current!, {
            attributionControl: false,
            zoomControl: false,
            zoomAnimation: false,
            fadeAnimation: false,
            markerZoomAnimation: false,
            minZoom: 0, // whatever the tiles begin with: all that is asked for is shown
            maxZoom: CLOSEST,
        });
        map.fitBounds(SWEDEN);
        L.control.scale({ imperial: false }).addTo(map);
        const ground = session.value?.map;
        // Closer than the closest tiles these are shown larger; farther off than the farthest there are none.
        const zooms = ground?.zooms ? { minZoom: ground.zooms.first, maxNativeZoom: ground.zooms.last } : {};
        if (ground) L.tileLayer(ground.tiles, { maxZoom: CLOSEST, ...zooms }).addTo(map);
        const layer = L.layerGroup().addTo(map);
        const drawn: Drawn = { of: [], clusters: [], markers: new Map() };
        made.current = { map, layer, zoom: L.control.zoom(), drawn };
        map.on("moveend", () => draw(map, layer, drawn, latest.current.spots, latest.current.choose));
        return () => {
            made.current = undefined;
            map.remove();
        };
    }, []);
    useEffect(() => {
        const { map, zoom } = made.current!;
        zoom.remove();
        made.current!.zoom = L.control.zoom({ zoomInTitle: w.zoomIn, zoomOutTitle: w.zoomOut }).addTo(map);
    }, [language.value]);
    useEffect(() => {
        if (made.current && latest.current.spots.length > 0) fit(made.current.map, latest.current.spots, 15);
    }, [fitsTo, spots.length > 0]);
    useEffect(() => {
        if (made.current) draw(made.current.map, made.current.layer, made.current.drawn, spots, choose);
    }, [spots, language.value]);
    useEffect(() => {
        if (made.current && near.length > 0) fit(made.current.map, near, CLOSEST);
    }, [near]);
    return <div ref={box} class="map-ground" role="region" aria-label={w.label} />;
}
