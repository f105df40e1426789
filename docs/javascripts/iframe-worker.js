// Search without a server: browsers refuse to start a worker from a file, so one that was opened as a
// file:// page runs its worker in a hidden frame. It can what the search of the theme needs, no more.
(() => {
  if (location.protocol !== "file:") return

  class IFrameWorker extends EventTarget {
    constructor(url) {
      super()
      const frame = document.createElement("iframe")
      frame.hidden = true
      document.body.append(frame)
      this.inside = frame.contentWindow
      addEventListener("message", event => {
        if (event.source === this.inside) this.dispatchEvent(new MessageEvent("message", { data: event.data }))
      })
      const page = this.inside.document
      page.open()
      page.write(`<body><script>(${workerScope})()</script><script src="${url}"></script></body>`)
      page.close()
      this.ready = new Promise(loaded => { this.inside.onload = loaded })
    }

    async postMessage(data) {
      await this.ready
      this.inside.dispatchEvent(new MessageEvent("message", { data }))
    }
  }

  // What a script finds in a worker and not in a frame. It runs inside, from its text.
  function workerScope() {
    window.postMessage = data => parent.postMessage(data, "*")
    window.importScripts = async (...urls) => {
      for (const url of urls) {
        await new Promise(loaded => {
          const script = document.createElement("script")
          script.src = url
          script.onload = loaded
          document.body.append(script)
        })
      }
    }
  }

  window.IFrameWorker = window.Worker = IFrameWorker
})()
