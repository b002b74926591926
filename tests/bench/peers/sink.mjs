// When a sink says that it holds so many reports.
export const sinkHolds = (sink, total) => new Promise((resolve, reject) => {
    sink.on("message", ({ rows }) => { if (rows === total) resolve(); });
    sink.ended.then(() => reject(new Error("the sink ended")));
});
