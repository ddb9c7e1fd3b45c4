/*
  Search in pages that are opened from a folder (file:). Browsers refuse workers there, so the
  search runs in a hidden frame that looks like a worker. The theme would fetch such a script
  from the network; this one is part of the site.
*/
if (location.protocol === "file:") {
  window.IFrameWorker = class extends EventTarget {
    constructor(url) {
      super()
      this.frame = document.createElement("iframe")
      this.frame.hidden = true
      document.body.append(this.frame)
      const page = this.frame.contentDocument
      page.open()
      page.write(
        "<!doctype html><body><script>" +
          "self.postMessage = (data) => parent.postMessage(data, '*');" +
          "self.importScripts = (...urls) => urls.reduce((before, url) => before.then(" +
          "() => new Promise((load) => { const script = document.createElement('script');" +
          "script.src = url; script.onload = load; document.body.append(script) })), " +
          "Promise.resolve());" +
          `<\/script><script src="${url}"><\/script>`
      )
      page.close()
      this.ready = new Promise((load) => this.frame.addEventListener("load", load, { once: true }))
      window.addEventListener("message", (event) => {
        if (event.source !== this.frame.contentWindow) return
        this.dispatchEvent(new MessageEvent("message", { data: event.data }))
      })
    }

    postMessage(data) {
      this.ready.then(() =>
        this.frame.contentWindow.dispatchEvent(new MessageEvent("message", { data }))
      )
    }

    terminate() {
      this.frame.remove()
    }
  }
  window.Worker = window.IFrameWorker
}
